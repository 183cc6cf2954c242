# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels come from a mirror that is signed: tools/vm/fetch-kernel and private-apt against a mirror
and a key that are made here."""
import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
SUITE, RELEASE = 'rxt', '9.9.9-rxt-amd64'
LATER = 'Fri, 01 Jan 2100 00:00:00 UTC'
EARLIER = 'Thu, 01 Jan 2009 00:00:00 UTC'
# an apt without the machine's own words, which may allow what is tried here
UPDATE = '''say() { echo "$*" >&2; }; . "$1/tools/vm/private-apt"
private_apt rxt "$2" 'Dir::Etc::Parts "/dev/null";' 'Dir::Etc::Main "/dev/null";' "${@:3}"
apt-get update -q -o APT::Update::Error-Mode=any'''
ALLOWED = 'Acquire::Check-Valid-Until "false";'


def call(*words, **more):
    return subprocess.run(words, text=True, capture_output=True, timeout=240, check=False, **more)


@unittest.skipUnless(all(map(shutil.which, ('apt-get', 'dpkg-deb', 'gpg', 'depmod'))),
                     'apt, gpg or depmod is missing: make deps-full')
class Fetch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix='rxf.')
        cls.addClassCleanup(folder.cleanup)
        cls.work = folder.name
        for name in ('good', 'other'):
            home = f'{cls.work}/{name}'
            os.mkdir(home, 0o700)
            cls.addClassCleanup(call, 'gpgconf', '--homedir', home, '--kill', 'all')
            cls.gpg(name, '--passphrase', '', '--quick-gen-key', name, 'ed25519', 'sign', 'never')
        with open(f'{cls.work}/keys.gpg', 'wb') as file:
            subprocess.run(['gpg', '--homedir', f'{cls.work}/good', '--export'], stdout=file, check=True)

    @classmethod
    def gpg(cls, name, *words):
        done = call('gpg', '--homedir', f'{cls.work}/{name}', '--batch', '--yes', *words)
        if done.returncode:
            raise RuntimeError(done.stderr)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rxelab-fetch.')
        self.addCleanup(folder.cleanup)
        self.place = folder.name
        self.mirror, self.cache = f'{self.place}/debian', f'{self.place}/cache'
        image = f'linux-image-{RELEASE}'
        self.image = f'pool/{image}.deb'
        os.makedirs(f'{self.mirror}/pool')
        self.packages = self.packed(image, {f'boot/vmlinuz-{RELEASE}': 'kernel' * 4000,
                                            f'lib/modules/{RELEASE}/modules.builtin': ''})
        self.packages += self.packed('linux-image-amd64', {}, f'Depends: {image}\n')
        self.publish()

    def packed(self, name, files, more=''):
        tree, deb = f'{self.place}/tree/{name}', f'{self.mirror}/pool/{name}.deb'
        control = (f'Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: A <a@b.invalid>\n'
                   f'{more}Description: a test\n')
        for path, content in {'DEBIAN/control': control, **files}.items():
            os.makedirs(os.path.dirname(f'{tree}/{path}'), exist_ok=True)
            with open(f'{tree}/{path}', 'w', encoding='utf-8') as file:
                file.write(content)
        subprocess.run(['dpkg-deb', '-Znone', '--root-owner-group', '-b', tree, deb], check=True,
                       stdout=subprocess.DEVNULL)
        with open(deb, 'rb') as file:
            data = file.read()
        return (f'{control}Filename: pool/{name}.deb\nSize: {len(data)}\n'
                f'SHA256: {hashlib.sha256(data).hexdigest()}\n\n')

    def publish(self, key='good', until=LATER):
        folder, listed = f'{self.mirror}/dists/{SUITE}', 'main/binary-amd64/Packages'
        os.makedirs(os.path.dirname(f'{folder}/{listed}'), exist_ok=True)
        with open(f'{folder}/{listed}', 'w', encoding='utf-8') as file:
            file.write(self.packages)
        digest = hashlib.sha256(self.packages.encode()).hexdigest()
        with open(f'{folder}/Release', 'w', encoding='utf-8') as file:
            file.write(f'Suite: {SUITE}\nCodename: {SUITE}\nArchitectures: amd64\nComponents: main\n'
                       f'Date: {EARLIER}\nValid-Until: {until}\n'
                       f'SHA256:\n {digest} {len(self.packages)} {listed}\n')
        self.gpg(key, '-o', f'{folder}/InRelease', '--clearsign', f'{folder}/Release')
        os.unlink(f'{folder}/Release')

    def environment(self):
        return dict(os.environ, RXELAB_MIRROR=f'file:{self.mirror}/', LC_ALL='C',
                    RXELAB_KEYRING=f'{self.work}/keys.gpg',
                    PATH=f'{os.environ["PATH"]}:/usr/sbin:/sbin')

    def fetch(self):
        return call(f'{TOP}/tools/vm/fetch-kernel', SUITE, self.cache, env=self.environment())

    def update(self, *config):
        return call('bash', '-c', UPDATE, 'update', TOP, f'{self.place}/apt', *config,
                    env=self.environment())

    def complete(self):
        return os.path.exists(f'{self.cache}/{RELEASE}/.complete')

    def test_fetched_then_offline(self):
        """A kernel that was fetched serves without the mirror; one that was not does not."""
        done = self.fetch()
        self.assertEqual((done.returncode, done.stdout), (0, f'{RELEASE}\n'), done.stderr)
        self.assertTrue(self.complete())
        os.rename(self.mirror, f'{self.mirror}-away')
        done = self.fetch()
        self.assertEqual((done.returncode, done.stdout), (0, f'{RELEASE}\n'), done.stderr)
        shutil.rmtree(self.cache)
        done = self.fetch()
        self.assertEqual((done.returncode, done.stdout), (1, ''))

    def test_wrong_signature(self):
        self.publish(key='other')
        done = self.fetch()
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertFalse(self.complete())
        self.publish()
        self.assertEqual(self.fetch().returncode, 0)

    def test_changed_list(self):
        """A list of packages that is not the signed one."""
        with open(f'{self.mirror}/dists/{SUITE}/main/binary-amd64/Packages', 'a', encoding='utf-8') as file:
            file.write('Package: more\n')
        self.assertEqual(self.fetch().returncode, 1)
        self.assertFalse(self.complete())

    def test_cut_file(self):
        """A package that lacks its end is no kernel; whole again, the fetch goes on."""
        path = f'{self.mirror}/{self.image}'
        with open(path, 'rb') as file:
            data = file.read()
        with open(path, 'wb') as file:
            file.write(data[:len(data) // 2])
        done = self.fetch()
        self.assertEqual((done.returncode, done.stdout), (1, ''), done.stderr)
        self.assertFalse(self.complete())
        with open(path, 'wb') as file:
            file.write(data)
        self.assertEqual(self.fetch().returncode, 0)
        self.assertTrue(self.complete())

    def test_changed_file(self):
        """A package of the same length with other bytes."""
        with open(f'{self.mirror}/{self.image}', 'r+b') as file:
            file.seek(-2000, os.SEEK_END)
            file.write(b'x' * 100)
        self.assertEqual(self.fetch().returncode, 1)
        self.assertFalse(self.complete())

    def test_expired(self):
        """An expired list is refused, and taken where that is allowed; its signature counts still."""
        self.assertEqual(self.update().returncode, 0)
        self.publish(until=EARLIER)
        self.assertNotEqual(self.update().returncode, 0)
        self.assertEqual(self.update(ALLOWED).returncode, 0)
        self.publish(key='other', until=EARLIER)
        self.assertNotEqual(self.update(ALLOWED).returncode, 0)


if __name__ == '__main__':
    unittest.main()
