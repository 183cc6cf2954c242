# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages of report and kernels show, read by a parser of HTML: strict, then what a reader needs."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.append('/usr/lib/python3/dist-packages')  # where python3 is another than Debian's
try:
    import html5lib
except ImportError:
    html5lib = None

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
RXELAB = os.environ.get('RXELAB', os.path.join(TOP, 'build', 'rxelab'))
HTML = '{http://www.w3.org/1999/xhtml}'
SVG = '{http://www.w3.org/2000/svg}'
SAVED = ('inspect.json', 'verify.json', 'bench.json', 'doctor.json', 'module.json', 'impair.json', 'lab.yaml')
ELEMENTS = set('''html head meta title style body header h1 h2 h3 h4 p ul li b a nav main section div span table caption thead
    tbody tr th td code pre sup figure figcaption details summary br'''.split())
SHAPES = set('svg title desc g path polygon polyline ellipse rect text tspan line circle'.split())
HOSTILE = ('HOSTILE"\'><script>alert(1)</script>', "HOSTILE' onmouseover='alert(1)", 'HOSTILE]]><!--" onclick="x-->',
           'HOSTILE</style></title></pre></textarea><img src=x>', 'HOSTILE&lt;b&gt;&{alert(1)};', 'HOSTILE' + 'long' * 500,
           'HOSTILE\x1b[31m\x07\u202e\ufffe\\')


def local(element):
    return element.tag.split('}')[1]


def texts(element):
    return ' '.join(' '.join(element.itertext()).split())


@unittest.skipUnless(html5lib, 'python3-html5lib is missing')
class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='rxelab-pages.')
        cls.addClassCleanup(cls.folder.cleanup)

    def made(self, command, *fixture):
        folder = tempfile.mkdtemp(dir=self.folder.name)
        subprocess.run([os.path.join(TOP, 'tests', 'report-fixtures'), fixture[0], folder, *fixture[1:]], check=True)
        done = subprocess.run([RXELAB, *command], cwd=folder, check=False, capture_output=True, text=True)
        self.assertLessEqual(done.returncode, 1, done.stderr)
        parser = html5lib.HTMLParser(strict=True)
        return parser.parse(done.stdout)

    def lab(self, *fixture):
        return self.made(['report', 'quad', *(word for name in SAVED for word in ('--from', name))], *fixture)

    def kernels(self, *fixture):
        return self.made(['kernels', 'show', 'kernels.json', '--baseline', 'before.json', '--known-issues', 'issues.yaml',
                          '--format', 'html'], *fixture)

    def check(self, page):
        self.check_markup(page)
        self.check_places(page)
        self.check_tables(page)
        for picture in page.iter(SVG + 'svg'):
            self.assertEqual(picture.get('role'), 'img')
            self.assertTrue(texts(picture.find(SVG + 'title')))
            self.assertTrue(texts(picture.find(SVG + 'desc')))

    def check_markup(self, page):
        """Elements and attributes are those of the stylesheets, whatever the data are."""
        for element in page.iter():
            known = SHAPES if element.tag.startswith(SVG) else ELEMENTS
            self.assertIn(local(element), known)
            for name, value in element.attrib.items():
                self.assertFalse(name.startswith('on') or name in ('src', 'style', 'srcset', 'action'), name)
                self.assertNotIn('HOSTILE', value, name)
                if name == 'href':
                    self.assertRegex(value, r'^(#[a-z0-9-]+|https?://[^ ]+)$')

    def check_places(self, page):
        """Ids are unique, links and labels have their targets, headings come in order."""
        ids = [element.get('id') for element in page.iter() if element.get('id')]
        self.assertEqual(len(ids), len(set(ids)))
        for element in page.iter():
            wanted = (element.get('aria-labelledby') or '').split()
            if (element.get('href') or '').startswith('#'):
                wanted.append(element.get('href')[1:])
            self.assertLessEqual(set(wanted), set(ids))
        levels = [int(local(e)[1]) for e in page.iter() if e.tag.startswith(HTML) and local(e) in ('h1', 'h2', 'h3', 'h4')]
        self.assertEqual(levels[0], 1)
        self.assertEqual(levels.count(1), 1)
        for above, below in zip(levels, levels[1:]):
            self.assertLessEqual(below, above + 1)
        self.assertEqual(page.get('lang'), 'en')
        self.assertTrue(texts(page.find(f'{HTML}head/{HTML}title')))
        for part in page.iter(HTML + 'section'):
            self.assertTrue(any(local(e) in ('h2', 'h4') for e in part), part.get('id'))

    def check_tables(self, page):
        """Each has a caption, and headings that say of what; a row is as wide as the others."""
        for table in page.iter(HTML + 'table'):
            self.assertTrue(texts(table.find(HTML + 'caption')))
            for head in table.iter(HTML + 'th'):
                self.assertIn(head.get('scope'), ('col', 'row'))
            widths = {len(list(row)) for row in table.iter(HTML + 'tr')}
            self.assertEqual(len(widths), 1, texts(table.find(HTML + 'caption')))
            for row in table.find(HTML + 'tbody'):
                self.assertEqual(row[0].get('scope'), 'row')

    def test_a_lab(self):
        page = self.lab('4')
        self.check(page)
        matrix = next(t for t in page.iter(HTML + 'table') if 'matrix' in (t.get('class') or ''))
        cells = [cell for row in matrix.find(HTML + 'tbody') for cell in row[1:]]
        self.assertEqual([texts(c)[0] for c in cells], ['✗' if i in (1, 11) else '✓' for i in range(16)])
        # a cell opens to what was tested: the set that it leads to names the pair and the failure
        place = cells[1][0].get('href')[1:]
        opened = texts(next(e for e in page.iter() if e.get('id') == place))
        for word in ('ep1 → ep2', 'rc-send ✗ fail', 'fail, fail', 'retry counter exceeded', 'rc-write ✓ pass', 'multicast – skip'):
            self.assertIn(word, opened)

    def test_many_endpoints(self):
        self.check(self.lab('26'))

    def test_kernels(self):
        page = self.kernels('4')
        self.check(page)
        links = [a.get('href') for a in page.iter(HTML + 'a') if not a.get('href').startswith('#')]
        self.assertEqual(set(links), {'https://example.org/ipvlan'})
        cases = next(t for t in page.iter(HTML + 'table') if 'failures first' in texts(t.find(HTML + 'caption')))
        rows = [texts(row[0]) for row in cases.find(HTML + 'tbody')]
        self.assertEqual(rows, ['modes/move', 'links/ipvlan', 'planes/quad', 'multicast/group'])
        failed = cases.find(HTML + 'tbody')[0][2]
        self.assertIn('no GID after 5 s', texts(failed.find(f'{HTML}details/{HTML}div')))

    def test_hostile_texts_are_texts(self):
        for hostile in HOSTILE:
            for make in (self.lab, self.kernels):
                with self.subTest(hostile=hostile[:40], page=make.__name__):
                    page = make('3', hostile)
                    self.check(page)
                    # as it was, but for what XML has no place for
                    plain = ' '.join(hostile.replace('\x1b', ' ').replace('\x07', ' ').replace('\ufffe', '\ufffd').split())
                    self.assertIn(plain, texts(page))


if __name__ == '__main__':
    unittest.main()
