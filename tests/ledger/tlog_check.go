// tlog_check reads a ledger's public folder with Go's own transparency-log packages (golang.org/x/mod/sumdb), which know nothing of Holdfast.
//
//	tlog_check tree DIR          vkey, checkpoint, root from tiles, root from leaves, inclusion of leaves, consistency between many sizes
//	tlog_check proof VKEY PROOF LEAF
//	tlog_check consistency DIR OLD NEW HASHES   our consistency proof (32 bytes a hash) between two sizes
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func die(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "tlog_check: "+format+"\n", args...)
	os.Exit(1)
}

func check(err error, what string) {
	if err != nil {
		die("%s: %v", what, err)
	}
}

func read(path string) []byte {
	b, err := os.ReadFile(path)
	check(err, "reading")
	return b
}

// C2SP tlog-tiles names
func tilePath(level string, n int64, w int) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	s = "tile/" + level + "/" + s
	if w < 256 {
		s += fmt.Sprintf(".p/%d", w)
	}
	return s
}

type tiles struct {
	dir   string
	cache map[tlog.Tile][]byte
}

func (t *tiles) Height() int { return 8 }
func (t *tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, w := range want {
		b, ok := t.cache[w]
		if !ok {
			var err error
			b, err = os.ReadFile(filepath.Join(t.dir, tilePath(strconv.Itoa(w.L), w.N, w.W)))
			if err != nil {
				return nil, err
			}
			if len(b) != w.W*tlog.HashSize {
				return nil, fmt.Errorf("%v has %d bytes", w, len(b))
			}
			t.cache[w] = b
		}
		out = append(out, b)
	}
	return out, nil
}
func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func checkpoint(vkey string, msg []byte) tlog.Tree {
	v, err := note.NewVerifier(strings.TrimSpace(vkey))
	check(err, "vkey")
	n, err := note.Open(msg, note.VerifierList(v))
	check(err, "checkpoint")
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		die("checkpoint has %d lines", len(lines))
	}
	if lines[0] != v.Name() {
		die("origin %q is not the key's name %q", lines[0], v.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "size")
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err, "root")
	var h tlog.Hash
	if copy(h[:], root) != tlog.HashSize || len(root) != tlog.HashSize {
		die("root of %d bytes", len(root))
	}
	return tlog.Tree{N: size, Hash: h}
}

func leaves(dir string, size int64) [][]byte {
	var out [][]byte
	for n := int64(0); n*256 < size; n++ {
		w := size - n*256
		if w > 256 {
			w = 256
		}
		b := read(filepath.Join(dir, tilePath("entries", n, int(w))))
		for i := int64(0); i < w; i++ {
			l := int(binary.BigEndian.Uint16(b))
			out = append(out, b[2:2+l])
			b = b[2+l:]
		}
		if len(b) != 0 {
			die("bundle %d has %d bytes too many", n, len(b))
		}
	}
	return out
}

func tree(dir string) {
	t := checkpoint(string(read(filepath.Join(dir, "vkey"))), read(filepath.Join(dir, "checkpoint")))
	ls := leaves(dir, t.N)
	if t.N == 0 { // Go's TreeHash(0) is the zero hash; RFC 6962 says SHA-256 of nothing
		want, _ := base64.StdEncoding.DecodeString("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
		if !bytes.Equal(t.Hash[:], want) {
			die("empty root")
		}
		return
	}
	// from the leaves alone
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, l := range ls {
		h, err := tlog.StoredHashes(int64(i), l, reader)
		check(err, "stored hashes")
		stored = append(stored, h...)
	}
	root, err := tlog.TreeHash(t.N, reader)
	check(err, "tree hash")
	if root != t.Hash {
		die("the root of the leaves is not the signed root")
	}
	// from the tiles, each authenticated against the signed root
	thr := tlog.TileHashReader(t, &tiles{dir, map[tlog.Tile][]byte{}})
	step := int64(1)
	if t.N > 2500 {
		step = 61
	}
	proofs := 0
	for i := int64(0); i < t.N; i += step {
		p, err := tlog.ProveRecord(t.N, i, thr)
		check(err, "prove record")
		check(tlog.CheckRecord(p, t.N, t.Hash, i, tlog.RecordHash(ls[i])), "check record")
		proofs++
	}
	trees := 0
	for m := int64(1); m <= t.N; m += 1 + m/7 {
		old, err := tlog.TreeHash(m, thr)
		check(err, "old tree hash")
		p, err := tlog.ProveTree(t.N, m, thr)
		check(err, "prove tree")
		check(tlog.CheckTree(p, t.N, t.Hash, m, old), "check tree")
		trees++
	}
	fmt.Printf("size %d: root, %d inclusion proofs, %d consistency proofs\n", t.N, proofs, trees)
}

func proof(vkey, file, leaf string) {
	parts := bytes.SplitN(read(file), []byte("\n\n"), 2)
	if len(parts) != 2 {
		die("no empty line in the proof")
	}
	lines := strings.Split(string(parts[0]), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		die("proof begins with %q", lines[:2])
	}
	index, err := strconv.ParseInt(lines[1][6:], 10, 64)
	check(err, "index")
	var p tlog.RecordProof
	for _, l := range lines[2:] {
		b, err := base64.StdEncoding.DecodeString(l)
		check(err, "hash")
		var h tlog.Hash
		if copy(h[:], b) != len(b) || len(b) != tlog.HashSize {
			die("hash of %d bytes", len(b))
		}
		p = append(p, h)
	}
	t := checkpoint(string(read(vkey)), parts[1])
	check(tlog.CheckRecord(p, t.N, t.Hash, index, tlog.RecordHash(read(leaf))), "record")
}

func consistency(dir, old, new, file string) {
	t := checkpoint(string(read(filepath.Join(dir, "vkey"))), read(filepath.Join(dir, "checkpoint")))
	thr := tlog.TileHashReader(t, &tiles{dir, map[tlog.Tile][]byte{}})
	m, err := strconv.ParseInt(old, 10, 64)
	check(err, "old")
	n, err := strconv.ParseInt(new, 10, 64)
	check(err, "new")
	om, err := tlog.TreeHash(m, thr)
	check(err, "old root")
	nn, err := tlog.TreeHash(n, thr)
	check(err, "new root")
	var p tlog.TreeProof
	for b := read(file); len(b) >= tlog.HashSize; b = b[tlog.HashSize:] {
		var h tlog.Hash
		copy(h[:], b)
		p = append(p, h)
	}
	check(tlog.CheckTree(p, n, nn, m, om), "consistency")
}

func main() {
	a := os.Args
	switch {
	case len(a) == 3 && a[1] == "tree":
		tree(a[2])
	case len(a) == 5 && a[1] == "proof":
		proof(a[2], a[3], a[4])
	case len(a) == 6 && a[1] == "consistency":
		consistency(a[2], a[3], a[4], a[5])
	default:
		os.Exit(2)
	}
}
