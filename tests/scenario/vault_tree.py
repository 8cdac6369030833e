#!/usr/bin/env python3
# vault_tree.py make DIR | again DIR | compare A B | count DIR: a hostile tree, a second generation of it, and a comparison that forgives nothing.
import os, random, stat, sys


def write(path, data, mtime=None, mode=None):
    with open(path, 'wb') as f:
        f.write(data)
    if mode is not None:
        os.chmod(path, mode)
    if mtime is not None:
        os.utime(path, ns=(mtime, mtime))


def xattr(path, name, value):
    try:
        os.setxattr(path, name, value, follow_symlinks=False)
    except OSError:
        pass  # this file system has none


def make(root):
    r = random.Random(4711)
    top = os.fsencode(root)
    os.makedirs(top)
    j = lambda *p: os.path.join(top, *p)
    T = 1700000000 * 10**9
    write(j(b'empty'), b'', T + 1)
    write(j(b'one'), b'1', T + 123456789, 0o400)
    write(j(b'plain.txt'), b'a line of text\n' * 4000, T + 987654321, 0o644)
    write(j(b'new\nline and blank'), b'odd name\n', T + 2)
    write(j(b'bad \xff\xfe utf-8 \xc3'), b'odd bytes\n', T + 3)
    write(j('ümläut 患者 🏥'.encode()), b'utf-8\n', T + 4)
    write(j(b'%41 , : = percent'), b'escapes\n', T + 5)
    write(j(b'-dash'), b'option?\n', T + 6)
    write(j(b'\x01\x1b[31m control'), b'terminal\n', T + 7)
    write(j(b'n' * 255), b'long\n', T + 8)
    write(j(b'.hidden'), b'hidden\n', T + 9)
    write(j(b'back\\slash "quote"'), b'quotes\n', T + 10)
    write(j(b'random.bin'), r.randbytes(3 << 20), T + 11)
    write(j(b'repeat.bin'), r.randbytes(1 << 16) * 40, T + 12)
    write(j(b'old'), b'before 1970\n', -1500000000123456789)
    write(j(b'far'), b'after 2038\n', 4102444800 * 10**9 + 5)
    for n in (1, 4095, 4096, 4097, 16384, 65535, 65536, 65537, 262144, 262145):
        write(j(b'size-%d' % n), r.randbytes(n), T + n)
    # sparse: a hole before, between and behind
    with open(j(b'sparse'), 'wb') as f:
        f.truncate(64 << 20)
        for at in (1 << 20, (1 << 20) + 65536, 33 << 20):
            f.seek(at)
            f.write(r.randbytes(70000))
    os.utime(j(b'sparse'), ns=(T, T + 13))
    with open(j(b'all-hole'), 'wb') as f:
        f.truncate(100 << 30)
    os.utime(j(b'all-hole'), ns=(T, T + 14))
    with open(j(b'zeros'), 'wb') as f:
        f.write(bytes(1 << 20))
    # folders: deep, wide, closed, sticky, empty
    deep = j(b'deep')
    os.mkdir(deep)
    at, fd = deep, os.open(deep, os.O_RDONLY)
    for i in range(40):  # beyond PATH_MAX
        name = b'd%02d-' % i + b'x' * 120
        os.mkdir(name, dir_fd=fd)
        below = os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    f = os.open(b'bottom', os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd)
    os.write(f, b'at the bottom\n')
    os.close(f)
    os.utime(b'bottom', ns=(T, T + 15), dir_fd=fd)
    os.close(fd)
    os.makedirs(j(b'a/b/c'))
    write(j(b'a/b/c/f'), b'inside\n', T + 16)
    write(j(b'a.txt'), b'sorts between a and a/\n', T + 17)
    write(j(b'a!'), b'sorts before a/ by bytes\n', T + 18)
    os.mkdir(j(b'empty dir'))
    os.mkdir(j(b'closed'))
    write(j(b'closed/secret'), b'closed\n', T + 19)
    os.chmod(j(b'closed'), 0o500)
    os.mkdir(j(b'sticky'), 0o1777)
    os.chmod(j(b'sticky'), 0o3775)
    os.mkdir(j(b'many'))
    for i in range(600):
        write(j(b'many/%05d.txt' % i), b'file %d\n' % i * r.randrange(1, 400), T + 10**9 * i + i)
    # modes
    write(j(b'setuid'), b'#!/bin/sh\n', T + 20, 0o4755)
    write(j(b'setgid'), b'#!/bin/sh\n', T + 21, 0o2755)
    write(j(b'nobody may'), b'closed\n', T + 22, 0o000)
    # links
    os.symlink(b'plain.txt', j(b'link'))
    os.symlink(b'/nowhere/\xff\n at all', j(b'dangling'))
    os.symlink(b'.', j(b'loop'))
    os.symlink(b'a', j(b'dirlink'))
    write(j(b'hard-1'), b'three names\n' * 100, T + 23)
    os.link(j(b'hard-1'), j(b'many/hard-2'))
    os.link(j(b'hard-1'), j(b'A-hard-0'))
    os.utime(j(b'link'), ns=(T, T + 24), follow_symlinks=False)
    # special files
    os.mkfifo(j(b'fifo'), 0o640)
    import socket
    here = os.getcwd()
    os.chdir(top)
    s = socket.socket(socket.AF_UNIX)
    s.bind('socket')
    s.close()
    os.chdir(here)
    if os.geteuid() == 0:
        try:
            os.mknod(j(b'chardev'), 0o620 | stat.S_IFCHR, os.makedev(1, 3))
            os.mknod(j(b'blockdev'), 0o600 | stat.S_IFBLK, os.makedev(7, 99))
        except OSError:
            pass
        os.chown(j(b'plain.txt'), 1234, 5678)
        os.chown(j(b'setuid'), 65534, 65534)
        os.chmod(j(b'setuid'), 0o4755)
        os.chown(j(b'link'), 4321, 8765, follow_symlinks=False)
        os.chown(j(b'a/b'), 1234, 5678)
        xattr(j(b'size-4096'), 'trusted.holdfast', b'\0\1\2')
        xattr(j(b'setgid'), 'security.capability', b'\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00')
    xattr(j(b'plain.txt'), 'user.comment', 'grüße\n'.encode() + bytes(range(256)))
    xattr(j(b'plain.txt'), 'user.empty', b'')
    xattr(j(b'a/b/c'), 'user.folder', b'x' * 1000)
    # an ACL: user 1234 may read and write, mask rw, others nothing
    acl = b'\x02\0\0\0' + b''.join(t.to_bytes(2, 'little') + p.to_bytes(2, 'little') + i.to_bytes(4, 'little') for t, p, i in
                                   ((1, 6, 0xffffffff), (2, 6, 1234), (4, 4, 0xffffffff), (16, 6, 0xffffffff), (32, 0, 0xffffffff)))
    xattr(j(b'one'), 'system.posix_acl_access', acl)
    xattr(j(b'a'), 'system.posix_acl_default', acl)
    # documents whose structure can be lost
    os.mkdir(j(b'documents'))
    import gzip, json, zlib
    for i in range(40):
        write(j(b'documents/report-%02d.json' % i), json.dumps({'patient': i, 'rows': [{'n': k, 'text': 'value %d' % k} for k in range(200)]}, indent=1).encode(), T + i)
        write(j(b'documents/scan-%02d.csv' % i), b'time,value,unit\n' + b''.join(b'%d,%d,mmol/l\n' % (k, k * 7 % 13) for k in range(300)), T + i)
        write(j(b'documents/log-%02d.gz' % i), gzip.compress(b'line of a log\n' * 900, mtime=0), T + i)
    for d in (b'a/b/c', b'a/b', b'a', b'many', b'documents', b'empty dir', b'sticky', b'closed', b'.'):
        os.utime(j(d), ns=(T, T + 5 * 10**9 + len(d)))


def again(root):
    """A second generation: changed, added, gone, renamed, only touched."""
    top = os.fsencode(root)
    j = lambda *p: os.path.join(top, *p)
    with open(j(b'random.bin'), 'r+b') as f:
        f.seek(1 << 20)
        f.write(b'edited in the middle')
    with open(j(b'plain.txt'), 'ab') as f:
        f.write(b'one more line\n')
    write(j(b'many/00100.txt'), b'another text altogether\n')
    write(j(b'added'), b'new in the second generation\n')
    os.unlink(j(b'many/00101.txt'))
    os.rename(j(b'repeat.bin'), j(b'renamed.bin'))
    os.chmod(j(b'one'), 0o600)
    st = os.stat(j(b'size-16384'))
    with open(j(b'size-16384'), 'r+b') as f:  # changed, and its time put back
        f.write(b'hidden change')
    os.utime(j(b'size-16384'), ns=(st.st_atime_ns, st.st_mtime_ns))


def tree(root):
    found = {}
    top = os.open(os.fsencode(root), os.O_RDONLY)

    def walk(fd, path):
        found[path or b'.'] = entry(os.fstat(fd), fd, None)
        for name in os.listdir(fd):
            name = os.fsencode(name)
            st = os.stat(name, dir_fd=fd, follow_symlinks=False)
            full = path + b'/' + name if path else name
            if stat.S_ISDIR(st.st_mode):
                below = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=fd)
                walk(below, full)
                os.close(below)
            else:
                found[full] = entry(st, fd, name)
    walk(top, b'')
    os.close(top)
    # which names are one file
    groups = {}
    for path, e in found.items():
        if e['nlink'] > 1 and not stat.S_ISDIR(e['mode']):
            groups.setdefault(e.pop('ino'), []).append(path)
        else:
            e.pop('ino')
        e.pop('nlink')
    for names in groups.values():
        for n in names:
            found[n]['names'] = sorted(names)
    return found


def xattrs(at):
    try:
        return {n: os.getxattr(at, n, follow_symlinks=False) for n in os.listxattr(at, follow_symlinks=False)}
    except OSError:
        return {}


def entry(st, fd, name):
    import hashlib
    e = {'mode': st.st_mode, 'uid': st.st_uid, 'gid': st.st_gid, 'mtime': st.st_mtime_ns, 'ino': (st.st_dev, st.st_ino), 'nlink': st.st_nlink}
    here = b'/proc/self/fd/%d' % fd + (b'/' + name if name is not None else b'/.')
    e['xattrs'] = xattrs(here)
    if stat.S_ISREG(st.st_mode):
        e['size'] = st.st_size
        h = hashlib.sha256()
        f = os.open(name, os.O_RDONLY, dir_fd=fd)
        at = 0
        while at < st.st_size:  # holes are not read
            try:
                data = os.lseek(f, at, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(f, data, os.SEEK_HOLE)
            os.lseek(f, data, os.SEEK_SET)
            while data < end:
                piece = os.read(f, min(1 << 20, end - data))
                for k in range(0, len(piece), 4096):  # where zeros are written out and where they are a hole is no difference
                    block = piece[k:k + 4096]
                    if block.count(0) != len(block):
                        h.update(b'%d:' % (data + k) + block)
                data += len(piece)
            at = end
        os.close(f)
        e['content'] = h.hexdigest()
        e['sparse'] = st.st_size > (1 << 26) and st.st_blocks * 512 < st.st_size // 4
    elif stat.S_ISLNK(st.st_mode):
        e['to'] = os.readlink(name, dir_fd=fd)
    elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        e['rdev'] = st.st_rdev
    return e


def compare(a, b, without=()):
    x, y = tree(a), tree(b)
    bad = 0
    for path in sorted(set(x) | set(y)):
        if x.get(path) != y.get(path):
            if path in without:
                continue
            bad += 1
            if bad <= 20:
                p, q = x.get(path), y.get(path)
                if p is None or q is None:
                    print('only in', b if p is None else a, path)
                else:
                    print('differs', path, {k: (p.get(k), q.get(k)) for k in set(p) | set(q) if p.get(k) != q.get(k)})
    for path in without:
        if path in y:
            print('should not be there:', path)
            bad += 1
    print(len(x), 'names,', bad, 'differences')
    return 1 if bad else 0


def main():
    what = sys.argv[1]
    if what == 'make':
        make(sys.argv[2])
    elif what == 'again':
        again(sys.argv[2])
    elif what == 'compare':
        sys.exit(compare(sys.argv[2], sys.argv[3], [os.fsencode(p) for p in sys.argv[4:]]))
    elif what == 'count':
        print(len(tree(sys.argv[2])))


main()
