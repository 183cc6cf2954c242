# SPDX-License-Identifier: GPL-2.0-or-later
"""What a release consists of agrees with itself: one version everywhere, a changelog of the promised
form, packages of other systems with the files of `make install`. Debian's are built by
tests/packages/run."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
BUILD = os.environ.get('RXELAB', f'{TOP}/build/rxelab') == f'{TOP}/build/rxelab'
PACKAGING = f'{TOP}/contrib/packaging'
CLEAN = {'PATH': os.environ['PATH'], 'HOME': '/nonexistent'}


def text(name):
    with open(f'{TOP}/{name}', encoding='utf-8') as file:
        return file.read()


def version():
    return re.search(r'RX_VERSION "(.*)"', text('tools/cli/version.h')).group(1)


def run(*words, **more):
    done = subprocess.run(words, cwd=TOP, text=True, capture_output=True, timeout=120, check=False,
                          **{'env': CLEAN, **more})
    if done.returncode:
        raise AssertionError(f'{words}: {done.stdout}{done.stderr}')
    return done.stdout


def files(folder):
    return {os.path.relpath(os.path.join(where, name), folder)
            for where, _, names in os.walk(folder) for name in names}


class Release(unittest.TestCase):
    def test_one_version(self):
        for name, pattern in (('debian/changelog', r'\Arxelab \(([^)]+)\)'),
                              ('contrib/packaging/rxelab.spec', r'(?m)^Version: +(.*)$'),
                              ('contrib/packaging/PKGBUILD', r'(?m)^pkgver=(.*)$'),
                              ('CHANGELOG.md', r'(?m)^## \[(\d[^]]*)\]')):
            self.assertEqual(re.search(pattern, text(name)).group(1), version(), name)

    def test_changelog(self):
        """Keep a Changelog: dated versions in falling order, sections of the known names, none empty."""
        parts = re.split(r'(?m)^## ', text('CHANGELOG.md'))[1:]
        self.assertEqual(parts[0].split('\n')[0], '[Unreleased]')
        order = []
        for part in parts[1:]:
            head = re.fullmatch(r'\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)', part.split('\n')[0])
            self.assertTrue(head, part[:60])
            order.append((tuple(map(int, head.groups()[:3])), head.group(4)))
        self.assertEqual(order, sorted(order, reverse=True))
        for part in parts:
            for section in re.split(r'(?m)^### ', part)[1:]:
                self.assertIn(section.split('\n')[0],
                              ('Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'))
                self.assertRegex(section, r'(?m)^- ')

    def test_the_commit_is_filled_in(self):
        """git archive puts the commit where the Makefile looks without git."""
        wanted = r'\$Format:%H\$' if os.path.exists(f'{TOP}/.git') else r'(\$Format:%H\$|[0-9a-f]{40})'
        self.assertRegex(text('tools/cli/commit'), f'(?m)^{wanted}$')
        self.assertIn('tools/cli/commit export-subst', text('.gitattributes'))

    def test_every_tag_has_an_entry(self):
        """A version that has samples is in the changelog."""
        for name in os.listdir(f'{TOP}/tests/samples'):
            if re.fullmatch(r'\d+\.\d+\.\d+', name):
                self.assertIn(f'## [{name}] - ', text('CHANGELOG.md'))

    def test_what_people_look_for(self):
        """Documents that forges show, and templates that ask for the report."""
        self.assertIn('docs/dev/hacking.md', text('CONTRIBUTING.md'))
        self.assertIn('SECURITY.md', text('CONTRIBUTING.md'))
        for name in ('bug', 'kernel'):
            self.assertIn('doctor --report', text(f'.github/ISSUE_TEMPLATE/{name}.yaml'))
        for name in ('SECURITY.md', 'CONTRIBUTING.md', 'docs/reference/compatibility.md'):
            for link in re.findall(r'\]\((?!http)([^)#]+)', text(name)):
                self.assertTrue(os.path.exists(f'{TOP}/{os.path.dirname(name)}/{link}'), link)

    @unittest.skipUnless(BUILD, 'another program is tested')
    def test_other_packages_have_what_is_installed(self):
        with tempfile.TemporaryDirectory() as work:
            run('make', '-s', 'install', f'DESTDIR={work}/make', 'PREFIX=/usr')
            wanted = files(f'{work}/make')
            self.assertIn('usr/bin/rxelab', wanted)
            self.assertEqual(self.arch(work), wanted)
            if shutil.which('rpmspec'):
                self.assertEqual(self.rpm(f'{work}/make'), wanted)

    def arch(self, work):
        """What package() of the PKGBUILD installs."""
        os.makedirs(f'{work}/src')
        os.symlink(TOP, f'{work}/src/rxelab-{version()}')
        run('bash', '-euc', f'. {PACKAGING}/PKGBUILD; pkgdir={work}/arch; cd {work}/src; package')
        return files(f'{work}/arch')

    def rpm(self, tree):
        """What %files of the spec names, found in what was installed. Each file in one package."""
        spec = run('rpmspec', '-P', f'{PACKAGING}/rxelab.spec')
        found = []
        for part in re.findall(r'(?ms)^%files.*?\n(.*?)(?=^%files|^%changelog)', spec):
            for line in part.split('\n'):
                if not line.startswith('/'):
                    continue
                names = glob.glob(tree + line)
                self.assertTrue(names, f'{line} matches nothing')
                for name in names:
                    inside = {f'{name}/{one}' for one in files(name)} if os.path.isdir(name) else {name}
                    found += [os.path.relpath(one, tree) for one in inside]
        self.assertEqual(len(found), len(set(found)), 'a file is in two packages')
        return set(found)

    @unittest.skipUnless(shutil.which('rpmlint'), 'rpmlint is missing: make deps-full')
    def test_spec_is_clean(self):
        said = run('rpmlint', '-c', f'{PACKAGING}/rpmlint.toml', f'{PACKAGING}/rxelab.spec')
        self.assertIn(' 0 errors, 0 warnings', said)


if __name__ == '__main__':
    unittest.main()
