# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/run-deps on an apt and a dpkg of its own, with packages that are made here."""
import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
RUN = os.path.join(TOP, 'tests', 'run-deps')
PACKAGES = {
    'rxt-plain': '', 'rxt-needy': 'Depends: rxt-behind', 'rxt-behind': '',
    'rxt-qemu': 'Provides: rxt-machine', 'rxt-hypervisor': 'Conflicts: rxt-qemu',
}
CONFIG = '''
Dir "{0}/apt"; Dir::State::status "{0}/root/var/lib/dpkg/status"; Dir::Etc::SourceParts "/dev/null";
Dir::Etc::SourceList "{0}/sources.list"; Dir::Etc::Main "/dev/null"; Dir::Etc::Parts "/dev/null";
Dir::State::Lists "{0}/lists"; Dir::Cache "{0}/cache"; Dir::Log "{0}/log"; APT::Sandbox::User "";
DPkg::Options {{ "--root={0}/root"; "--force-not-root"; "--force-bad-path"; }};
'''


@unittest.skipUnless(shutil.which('apt-get') and shutil.which('dpkg-deb'), 'apt is missing')
class Deps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rxelab-deps.')
        self.addCleanup(folder.cleanup)
        self.work = folder.name
        for name in ('apt', 'lists/partial', 'cache/archives/partial', 'log', 'repo', 'bin',
                     'root/var/lib/dpkg/updates', 'root/var/lib/dpkg/info'):
            os.makedirs(f'{self.work}/{name}')
        open(f'{self.work}/root/var/lib/dpkg/status', 'w').close()
        for name, content in (('apt.conf', CONFIG.format(self.work)),
                              ('sources.list', f'deb [trusted=yes] file:{self.work}/repo ./\n'),
                              ('repo/Packages', ''.join(map(self.packed, PACKAGES)))):
            with open(f'{self.work}/{name}', 'w', encoding='utf-8') as file:
                file.write(content)
        # a user's sudo: who may write here needs none
        self.program('sudo', 'exec "$@"')

    def program(self, name, script):
        with open(f'{self.work}/bin/{name}', 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/sh\n{script}\n')
        os.chmod(file.name, 0o755)

    def packed(self, name):
        tree, deb = f'{self.work}/tree/{name}', f'{self.work}/repo/{name}.deb'
        os.makedirs(f'{tree}/DEBIAN')
        control = (f'Package: {name}\nVersion: 1.2\nArchitecture: all\nMaintainer: A <a@b.invalid>\n'
                   f'{PACKAGES[name]}'.strip() + '\nDescription: a test\n')
        with open(f'{tree}/DEBIAN/control', 'w', encoding='utf-8') as file:
            file.write(control)
        subprocess.run(['dpkg-deb', '--root-owner-group', '-b', tree, deb], check=True,
                       stdout=subprocess.DEVNULL)
        with open(deb, 'rb') as file:
            data = file.read()
        return (f'{control}Filename: ./{name}.deb\nSize: {len(data)}\n'
                f'SHA256: {hashlib.sha256(data).hexdigest()}\n\n')

    def deps(self, *words):
        environment = dict(os.environ, APT_CONFIG=f'{self.work}/apt.conf',
                           DPKG_ADMINDIR=f'{self.work}/root/var/lib/dpkg',
                           PATH=f'{self.work}/bin:{os.environ["PATH"]}:/usr/sbin:/sbin')
        return subprocess.run([RUN, 'test', *words], env=environment, text=True, timeout=120,
                              capture_output=True, check=False)

    def there(self):
        done = subprocess.run(['dpkg-query', f'--admindir={self.work}/root/var/lib/dpkg', '-W', '-f',
                               '${Package}:${db:Status-Status} '], text=True, capture_output=True,
                              check=False)
        return {word.split(':')[0] for word in done.stdout.split() if word.endswith(':installed')}

    def test_shown_before(self):
        """What comes with a package is shown, too, and nothing else is installed."""
        done = self.deps('rxt-plain', '--', 'more', 'rxt-needy')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.there(), {'rxt-plain', 'rxt-needy', 'rxt-behind'})
        shown = {line.split()[1:][0] for line in done.stdout.splitlines()
                 if line.startswith('installing: ')}
        self.assertEqual(shown, self.there())
        again = self.deps('rxt-plain', 'rxt-needy')
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, '', ''))

    def test_hypervisor_stays(self):
        """A package that would remove another one is refused, and both are as before."""
        self.assertEqual(self.deps('rxt-hypervisor').returncode, 0)
        done = self.deps('rxt-plain', 'rxt-qemu')
        self.assertEqual(done.returncode, 1)
        self.assertIn('rxt-qemu', done.stderr)
        self.assertNotIn('installing: ', done.stdout)
        self.assertEqual(self.there(), {'rxt-hypervisor'})

    def test_program_is_enough(self):
        """PROGRAM=PACKAGE: no package where the program is, else the package."""
        self.assertEqual(self.deps('rxt-hypervisor').returncode, 0)
        self.program('rxt-machine', 'exit 0')
        self.assertEqual(self.deps('rxt-machine=rxt-qemu').returncode, 0)
        self.assertEqual(self.there(), {'rxt-hypervisor'})
        os.unlink(f'{self.work}/bin/rxt-machine')
        self.assertEqual(self.deps('rxt-machine=rxt-behind').returncode, 0)
        self.assertEqual(self.there(), {'rxt-hypervisor', 'rxt-behind'})

    def test_one_source_fails(self):
        """A source without an answer (a subscription that ended) is told; the others serve."""
        with open(f'{self.work}/sources.list', 'a', encoding='utf-8') as file:
            file.write(f'deb [trusted=yes] file:{self.work}/gone ./\n')
        done = self.deps('rxt-plain')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'{self.work}/gone', done.stderr)
        self.assertEqual(self.there(), {'rxt-plain'})

    def test_targets(self):
        """deps-build asks for no QEMU and no clang; deps takes a QEMU in the path for enough."""
        def words(target):
            done = subprocess.run(['make', '-s', '-n', '-C', TOP, target], text=True, timeout=60,
                                  capture_output=True, check=True)
            return set(done.stdout.split())
        build, every = words('deps-build'), words('deps')
        self.assertIn('libnl-3-dev', build)
        self.assertFalse([word for word in build if 'qemu' in word or 'clang' in word])
        self.assertIn('qemu-system-x86_64=qemu-system-x86', every)
        self.assertNotIn('qemu-system-x86', every)


if __name__ == '__main__':
    unittest.main()
