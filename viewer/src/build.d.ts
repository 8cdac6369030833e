// True in the page of ward packets, false in the page that the server hands out: set by the build (vite.packet.js, vite.config.js), so that neither carries what only the other needs.
declare const PACKET: boolean;
