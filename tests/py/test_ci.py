# SPDX-License-Identifier: GPL-2.0-or-later
"""contrib/ci: the script with a rxelab that only answers, in place of the guest; the action is well
formed and only calls the script. tests/run-with-lab has it with a real guest."""
import os
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml

try:
    import yaml
except ImportError:
    yaml = None

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
SCRIPT = f'{TOP}/contrib/ci/with-rdma-lab'
# what is told to it goes to $TOLD; "vm" runs what follows -- here, below a folder of the test
STANDIN = '''#!/bin/bash
echo "$*" >>"$TOLD"
command=$1
while [ $# -gt 0 ] && [ "$1" != -- ]; do case $1 in ci/*) export RXELAB_ENDPOINT=${1#ci/} ;; -o) file=$2 ;; esac; shift; done
shift
case $command in
vm) "$@" ;;
up) echo '{"lab": "ci"}'; exit "${UP:-0}" ;;
verify) echo '<testsuite/>' >"$file"; exit "${VERIFY:-0}" ;;
exec) "$@" ;;
esac
'''


class Script(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rxelab-ci.')
        self.addCleanup(folder.cleanup)
        self.work = folder.name
        os.mkdir(f'{self.work}/bin')
        with open(f'{self.work}/bin/rxelab', 'w', encoding='utf-8') as file:
            file.write(STANDIN)
        os.chmod(file.name, 0o755)

    def script(self, *words, **more):
        environment = dict(os.environ, PATH=f'{self.work}/bin:{os.environ["PATH"]}', **more,
                           TOLD=f'{self.work}/told', RXELAB_LAB_FOLDER=f'{self.work}/guest')
        environment.pop('RXELAB', None)
        done = subprocess.run([SCRIPT, '-o', f'{self.work}/out', *words], env=environment, text=True,
                              capture_output=True, timeout=60, check=False)
        return done.returncode

    def told(self):
        with open(f'{self.work}/told', encoding='utf-8') as file:
            return [line.split()[0] for line in file]

    def result(self):
        suite = xml.parse(f'{self.work}/out/junit.xml').getroot()
        cases = {case.get('name'): case.find('failure') is None for case in suite}
        self.assertEqual(int(suite.get('tests')), len(cases))
        self.assertEqual(int(suite.get('failures')), list(cases.values()).count(False))
        return cases

    def test_passed(self):
        status = self.script('3', '--', 'sh', '-c', 'echo "<$RXELAB_ENDPOINT>&"; date >$RXELAB_ARTIFACTS/when')
        self.assertEqual(status, 0)
        self.assertEqual(self.result(), {'up': True, 'verify': True, 'ep1': True, 'ep2': True, 'ep3': True})
        with open(f'{self.work}/out/ep2/output', encoding='utf-8') as file:
            self.assertEqual(file.read(), '<ep2>&\n')
        for name in ('ep1/when', 'ep3/when', 'lab.json', 'verify.xml'):
            self.assertTrue(os.path.getsize(f'{self.work}/out/{name}'), name)
        self.assertEqual(self.told()[0], 'vm')
        self.assertEqual(self.told()[-1], 'down')

    def test_one_fails(self):
        """The status, the case and its last words say so; the lab is taken down all the same."""
        status = self.script('2', '--', 'sh', '-c', 'echo "a<b & \\007"; [ $RXELAB_ENDPOINT = ep1 ]')
        self.assertEqual(status, 1)
        self.assertEqual(self.result(), {'up': True, 'verify': True, 'ep1': True, 'ep2': False})
        text = xml.parse(f'{self.work}/out/junit.xml').getroot().find('.//failure').text
        self.assertIn('a<b & ', text)
        self.assertEqual(self.told()[-1], 'down')

    def test_no_lab(self):
        """A lab that does not come up, or does not carry traffic: 4, and the command never runs."""
        self.assertEqual(self.script('2', '--', 'false', UP='1'), 4)
        self.assertEqual(self.result(), {'up': False})
        self.assertEqual(self.script('2', '--', 'false', VERIFY='1'), 4)
        self.assertEqual(self.result(), {'up': True, 'verify': False})
        self.assertNotIn('exec', self.told())

    def test_usage(self):
        for words in ((), ('2',), ('2', '--'), ('0', '--', 'true'), ('x', '--', 'true'),
                      ('-z', '2', '--', 'true'), ('2', 'true')):
            self.assertEqual(self.script(*words), 2, words)
        self.assertFalse(os.path.exists(f'{self.work}/told'))


@unittest.skipUnless(yaml, 'python3-yaml is missing: make deps')
class Action(unittest.TestCase):
    def test_it_only_calls_the_script(self):
        with open(f'{TOP}/contrib/ci/action.yml', encoding='utf-8') as file:
            text = file.read()
        action = yaml.safe_load(text)
        self.assertEqual(action['runs']['using'], 'composite')
        self.assertEqual(set(re.findall(r'inputs\.(\w+)', text)), set(action['inputs']))
        for one in action['inputs'].values():
            self.assertTrue(one['description'])
            self.assertTrue(one.get('required') or 'default' in one)
        ran = [step for step in action['runs']['steps'] if 'run' in step]
        self.assertEqual(len(ran), 1)
        self.assertEqual(ran[0]['shell'], 'bash')
        # inputs come by the environment: a line of the user's is never a part of this line
        self.assertNotIn('${{', ran[0]['run'])
        self.assertEqual(set(re.findall(r'"\$([A-Z]+)"', ran[0]['run'])), set(ran[0]['env']))
        self.assertTrue(ran[0]['run'].startswith('"$GITHUB_ACTION_PATH/with-rdma-lab" '))
        for step in action['runs']['steps']:
            self.assertRegex(step.get('uses', 'a/b@v1'), r'^[\w-]+/[\w-]+@v\d+$')


if __name__ == '__main__':
    unittest.main()
