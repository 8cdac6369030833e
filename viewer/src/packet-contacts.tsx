// Whom to call, in a packet: who is on call is told by this PC's clock, in the hospital's zone; what was known when the packet was made.
import { useData, useNow, usePaper } from "./state";
import { tp } from "./i18n-packet";
import { inner } from "./packet-data";
import { Fail, Loading } from "./ui";

interface Contact { category: string; name?: string; role?: string; unit?: string; phone?: string; phone2?: string; mobile?: string; pager?: string; fax?: string; email?: string; address?: string; note?: string; from?: string; to?: string }
type Word = Parameters<typeof tp>[0];
const word = (k: string) => tp(`k_${k.replace("-", "_")}` as Word);

// "18:00" of every day, or a local time; as contact_when of the program.
function whenOf(c: Contact, now: number, zone: number): "always" | "now" | "later" | "past" {
  const here = new Date(now + zone * 60000), hour = /^\d\d:\d\d$/;
  if (!c.from && !c.to) return "always";
  if (hour.test(c.from ?? "") && hour.test(c.to ?? "")) {
    const m = here.toISOString().slice(11, 16), a = c.from!, b = c.to!;
    return (a < b ? m >= a && m < b : m >= a || m < b) ? "now" : "later";
  }
  const local = here.toISOString().slice(0, 16);
  return c.from && local < c.from ? "later" : c.to && local >= c.to ? "past" : "now";
}

export function PacketContacts() {
  const { data, error, reload } = useData<{ contacts: Contact[] }>("/api/contacts", "contacts", 0), now = useNow(30000), zone = inner().zoneMinutes;
  usePaper(tp("contacts"), "");
  if (error && !data) return <Fail error={error} onRetry={reload} />;
  if (!data) return <Loading what={tp("contacts")} />;
  const list = data.contacts.map((c) => ({ c, w: whenOf(c, now, zone) })).filter((x) => x.w !== "past"), groups = [...new Set(list.map((x) => x.c.category))];
  const others = (c: Contact) => [c.phone2, c.mobile && c.mobile !== first(c) ? tp("mobile", { n: c.mobile }) : "", c.pager && c.pager !== first(c) ? tp("pager", { n: c.pager }) : "", c.fax ? tp("fax", { n: c.fax }) : "", c.email, c.address].filter(Boolean).join(" · ");
  const first = (c: Contact) => c.phone || c.mobile || c.pager || "";
  const order = { now: 0, always: 1, later: 2, past: 3 };
  return (
    <div class="scroller" id="content" tabIndex={0}>
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{tp("contacts")}</h1></div></div>
      {!list.length && <p class="note bad">{tp("noContacts")}</p>}
      {groups.map((g) => (
        <section key={g} class="contacts"><h2>{word(g)}</h2>
          <table class="plain"><tbody>{list.filter((x) => x.c.category === g).sort((a, b) => order[a.w] - order[b.w]).map(({ c, w }, i) => (
            <tr key={i}><th scope="row">{c.name || c.role || c.unit}<br /><small class="muted">{[c.name ? c.role : "", c.unit !== c.name ? c.unit : ""].filter(Boolean).join(" · ")}</small></th><td class="dial"><b>{first(c)}</b></td><td>{others(c)}</td>
              <td>{w === "now" && <b>{tp("onCallNow")} </b>}{c.from || c.to ? `${(c.from ?? "").replace("T", " ")} – ${(c.to ?? "").replace("T", " ")}` : ""}{c.note ? <small class="muted"> {c.note}</small> : null}</td></tr>))}</tbody></table>
        </section>))}
    </div>
  );
}
