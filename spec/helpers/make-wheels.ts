/** Shell: makes tiny wheels in /srv/wheels of a host, so that no index is needed. */
export const makeWheels = `rm -rf /srv/wheels; mkdir -p /srv/wheels; python3 - <<'PY'
import zipfile
def wheel(name, version, requires=(), extras=()):
    under = name.replace('-', '_').replace('.', '_')
    info = f'{under}-{version}.dist-info'
    meta = f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n' + ''.join(f'Provides-Extra: {e}\\n' for e in extras) + ''.join(f'Requires-Dist: {r}\\n' for r in requires)
    with zipfile.ZipFile(f'/srv/wheels/{under}-{version}-py3-none-any.whl', 'w') as z:
        def put(n, t): z.writestr(zipfile.ZipInfo(n, (2020, 1, 1, 0, 0, 0)), t)
        put(f'{under}.py', ''); put(f'{info}/METADATA', meta); put(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: spec\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        put(f'{info}/RECORD', ''.join(f'{n},,\\n' for n in [f'{under}.py', f'{info}/METADATA', f'{info}/WHEEL', f'{info}/RECORD']))
wheel('Edge_Demo.Pkg', '1.0', ['leaf>=1; extra == "more"'], ['more'])
wheel('leaf', '1.0'); wheel('leaf', '1.5'); wheel('leaf', '2.0'); wheel('early', '0.0.1a2'); wheel('old', '1.0')
PY`
