// Go's own signed notes (golang.org/x/mod/sumdb/note), as a program for test_note_go.c.
//
//	note_check gen NAME                 a signing key and its verifier key, a line each
//	note_check sign SKEY TEXTFILE       the signed note on stdout
//	note_check open NOTEFILE VKEY...    the text on stdout if each of the keys signed it
//
// A VKEY of type 0x04 is a cosigner's (c2sp.org/tlog-cosignature), checked here with crypto/ed25519, since sumdb/note does not know it.
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	t := binary.BigEndian.Uint64(sig)
	return ed25519.Verify(c.key, append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", t)), msg...), sig[8:])
}

func verifier(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) == 3 {
		key, err := base64.StdEncoding.DecodeString(parts[2])
		if err == nil && len(key) == 33 && key[0] == 4 {
			sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
			hash := binary.BigEndian.Uint32(sum[:])
			if fmt.Sprintf("%08x", hash) != parts[1] {
				fail(fmt.Errorf("the id does not fit the key"))
			}
			return cosigner{parts[0], hash, ed25519.PublicKey(key[1:])}
		}
	}
	v, err := note.NewVerifier(vkey)
	fail(err)
	return v
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "note_check:", err)
		os.Exit(1)
	}
}

func main() {
	switch os.Args[1] {
	case "gen":
		skey, vkey, err := note.GenerateKey(rand.Reader, os.Args[2])
		fail(err)
		fmt.Printf("%s\n%s\n", skey, vkey)
	case "sign":
		text, err := os.ReadFile(os.Args[3])
		fail(err)
		signer, err := note.NewSigner(os.Args[2])
		fail(err)
		msg, err := note.Sign(&note.Note{Text: string(text)}, signer)
		fail(err)
		os.Stdout.Write(msg)
	case "open":
		msg, err := os.ReadFile(os.Args[2])
		fail(err)
		var known []note.Verifier
		for _, vkey := range os.Args[3:] {
			known = append(known, verifier(vkey))
		}
		n, err := note.Open(msg, note.VerifierList(known...))
		fail(err)
		if len(n.Sigs) != len(known) {
			fail(fmt.Errorf("%d of %d keys signed", len(n.Sigs), len(known)))
		}
		fmt.Print(n.Text)
	}
}
