"""Writes packaging.json: what Python's own `packaging` answers. Run as: pip install packaging; python3 capture-packaging.py > packaging.json"""
import json
import packaging
from packaging.markers import Marker, UndefinedComparison
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

VERSIONS = ['0', '1', '1.0', '1.0.0', '1.0.1', '1.1', '1.10', '2.0', '1.0a1', '1.0b1', '1.0b2', '1.0rc1', '1.0.dev0', '1.0.dev3', '1.0a1.dev2', '1.0.post1',
            '1.0.post2', '1.0.post1.dev1', '1.0-1', '1.0+cpu', '1.0+cpu.2', '1.0.post1+local', '1!1.0', '1!0.5', '2!0', 'v1.0', '1.0ALPHA2', '1.0-preview_3',
            '1.0.c4', '2004.01', '20230101', '1.0.0.0.1', '0.9.9', '1.0rc1.post2', '1.162.0', '1.163.2', '2004d', 'nonsense', '1.0-', '1.0+', '1.0+ubuntu-1']
SPECIFIERS = [operator + version for operator in ['==', '!=', '<=', '>=', '<', '>'] for version in
              ['1', '1.0', '1.0.0', '1.0a1', '1.0b2', '1.0rc1', '1.0.dev1', '1.0.post1', '1!1.0', '1.10', '0.9']]
SPECIFIERS += [operator + version for operator in ['==', '!='] for version in ['1.*', '1.0.*', '1.0.0.*', '1!1.*', '0.*', '1.0+cpu', '1.0+other', '1.0.post1+local']]
SPECIFIERS += ['~=1.0', '~=1.0.0', '~=1.0a1', '~=1.0.post1', '~=1!1.0', '~=0.9', '~=2.2.post3', '~=1.0.dev1', '===1.0', '===1.0.0', '===1.0+CPU', '===nonsense',
               '=== v1.0', '', '>=1,<2', '>=1.0 , != 1.0.1', '>=1,', ',', '>0.9,<1.0', '== v1.0', '==1.0-1', '>= 1.0alpha', '==1.163.2']
INVALID_SPECIFIERS = ['1.0', '=1.0', '=>1', '>=1.*', '~=1', '<1.0+cpu', '>>1', '==', '>= 1 2', '==1.0.*.*', '==1.0a1.*', '~=1.0.*', '~=1.0+x', '==1.0 >2', '!1.0', '>=x']
ENVIRONMENT = {'python_version': '3.11', 'python_full_version': '3.11.2', 'os_name': 'posix', 'sys_platform': 'linux', 'platform_machine': 'x86_64',
               'platform_system': 'Linux', 'platform_release': '6.1.0-18-amd64', 'platform_version': '#1 SMP Debian 6.1.76-1', 'implementation_name': 'cpython',
               'implementation_version': '3.11.2', 'platform_python_implementation': 'CPython', 'extra': ''}
MARKERS = ['python_version >= "3.9"', 'python_version < "3.9"', 'python_version == "3.11"', 'python_version == "3.*"', 'python_version in "3.8 3.11"',
           'python_version not in "3.8, 3.9"', 'python_version > "3.2"', 'python_full_version <= "3.11.1"', 'python_full_version ~= "3.11.0"', "os_name == 'nt'",
           '"linux" in sys_platform', "'win' not in sys_platform", 'sys_platform >= "linux"', 'sys_platform > "aix"', 'sys_platform <= "linux"', 'extra == "postgres"',
           'extra != "postgres"', 'os.name == "posix"', 'sys.platform == "linux"', 'platform.machine == "x86_64"', 'python_implementation == "CPython"',
           'platform.python_implementation != "PyPy"', 'os_name == "nt" or python_version >= "3" and sys_platform == "linux"',
           'os_name == "nt" and python_version >= "3" or sys_platform == "linux"', '(os_name == "nt" or python_version >= "3") and sys_platform == "win32"',
           '((os_name == "posix"))', 'python_version>="3"and(os_name=="posix")', '"3.9" <= python_version', '"3.12" <= python_version', 'platform_release >= "6"',
           'platform_release == "6.1.0-18-amd64"', 'implementation_name == "cpython" and implementation_version < "4"', 'platform_version == "x"',
           'python_version === "3.11"', 'python_version != "3.11.*"', 'python_version < "3.11rc1"', 'platform_machine not  in "arm64 aarch64"', 'python_version == "x"',
           'python_version < ""']
EXTRA_MARKERS = [('extra == "Post_Gres"', 'post-gres'), ('"post.gres" == extra', 'post-gres'), ('extra == "a" or extra == "b"', 'b'), ('extra != "a"', 'a'),
                 ('python_version < "3" and extra == "a"', 'a'), ('extra in "a b"', 'a')]
REQUIREMENTS = ['a', 'A.B_c', 'a[b,C_d]', 'a[]', 'a [ b , c ] >= 1 , < 2', 'a (>=1.0)', 'a(>=1,<2);os_name=="nt"', 'a@ https://x/y.zip', 'a @ https://x/y;z ; os_name=="nt"',
                'a @ file:///x ', 'a==1.0.*', 'a===foo', 'a >=1,', 'a ()', 'a; python_version>"3"', 'a[b]@git+https://x/y.git@main', ' a ', 'a>=1\t;os_name == "x"',
                'psycopg2>=2.8;platform_python_implementation!="PyPy" and extra=="postgres"', 'a~=1.0.post2', 'a==1.0+cpu', 'zope.interface (>=3.6.0)', 'a1',
                '', '-a', 'a-', 'a[b', 'a[b c]', 'a[,]', 'a[b,]', 'a >', 'a 1.0', 'a>=1 <2', 'a;', 'a; foo == "x"', 'a; os_name', 'a; os_name = "x"', 'a; os_name == posix', 'a @',
                'a @ https://x os_name=="nt"', 'a; (os_name == "x"', 'a; os_name == "x" and', 'a; os_name == "x" extra == "y"', 'a; "x" not os_name', 'a; os_name == "x', 'a (>=1',
                'a>=1)', 'a # comment', 'a>=1.*', 'a ~=1', 'a<1+x', 'a;os_name=="x"or', 'é', 'a.b-', 'a==1.0.*.1', 'a,b']
NAMES = ['Jinja2', 'A--b__c..d', 'zope.interface', 'x-_.y', 'X', 'a-b']


def satisfies(version, specifier):
    return SpecifierSet(specifier).contains(version, prereleases=True)


def specifier_is_valid(text):
    try:
        SpecifierSet(text)
        return True
    except InvalidSpecifier:
        return False


def requirement(text):
    try:
        r = Requirement(text)
    except InvalidRequirement:
        return None
    return {'name': canonicalize_name(r.name), 'extras': sorted(canonicalize_name(e) for e in r.extras), 'url': r.url,
            'specifiers': sorted(str(s) for s in r.specifier), 'marker': r.marker is not None}


for text in SPECIFIERS:
    assert specifier_is_valid(text), text
print(json.dumps({
    'packaging': packaging.__version__,
    'versions': VERSIONS,
    'satisfies': {s: [v for v in VERSIONS if satisfies(v, s)] for s in SPECIFIERS},
    'invalidSpecifiers': [s for s in INVALID_SPECIFIERS if not specifier_is_valid(s)],
    'environment': ENVIRONMENT,
    'markers': {m: Marker(m).evaluate(ENVIRONMENT) for m in MARKERS},
    'extraMarkers': [[m, e, Marker(m).evaluate({**ENVIRONMENT, 'extra': e})] for m, e in EXTRA_MARKERS],
    'requirements': {r: requirement(r) for r in REQUIREMENTS},
    'names': {n: canonicalize_name(n) for n in NAMES},
}, indent=1))
