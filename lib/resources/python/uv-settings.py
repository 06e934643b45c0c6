"""Gives uv what pip's configuration says, since uv reads nothing of pip's: where packages come from, whom to trust, what is allowed.

uv-settings.py FOLDER PROXY: reads FOLDER/requirements, writes FOLDER/uv-requirements, FOLDER/uv-environment (for the shell) and
FOLDER/system-packages. Exits 3 and prints why, where uv cannot be given something that pip would follow. Source: pip documentation,
Configuration; uv documentation, Compatibility with pip.
"""
import ast, os, shlex, subprocess, sys

# What makes no difference to which packages are installed, or where they come from.
INDIFFERENT = {'break-system-packages', 'cache-dir', 'disable-pip-version-check', 'log', 'no-cache-dir', 'no-color', 'no-input', 'no-python-version-warning', 'no-warn-conflicts',
               'no-warn-script-location', 'only-binary', 'progress-bar', 'quiet', 'require-virtualenv', 'retries', 'root-user-action', 'verbose'}
GIVEN = {'cert', 'constraint', 'default-timeout', 'extra-index-url', 'find-links', 'index-url', 'proxy', 'timeout'}


def refuse(why):
    print(why)
    sys.exit(3)


def configured(text):
    """What holds for `pip install`; a later section wins, as in pip."""
    found = {}
    for section in ('global', 'install', ':env:'):
        for line in text.splitlines():
            key, _, value = line.partition('=')
            if key.startswith(section + '.') and key != section + '.':
                found[key[len(section) + 1:]] = ast.literal_eval(value).strip()
    return {name: value for name, value in found.items() if value}


def requirements(settings, own):
    """The lines of pip's order of indexes: for uv, the last one is --index-url. An index of the task takes the place of all that pip's configuration names."""
    lines = []
    if not any(line.startswith(('--index-url', '--no-index')) for line in own):
        indexes = [settings.get('index-url', 'https://pypi.org/simple'), *settings.get('extra-index-url', '').split()]
        lines += [f'--extra-index-url {url}' for url in indexes[:-1]] + [f'--index-url {indexes[-1]}']
    for option, name in (('--find-links', 'find-links'), ('-c', 'constraint')):
        for place in settings.get(name, '').split():
            if not place.startswith('/') and '://' not in place:
                refuse(f'pip is configured with {name} = {place}, which depends on where it is started')
            lines.append(f'{option} {place}')
    return lines + own


def certificates(settings):
    """Those that pip trusts; its requests takes the environment's first."""
    chosen = os.environ.get('REQUESTS_CA_BUNDLE') or os.environ.get('CURL_CA_BUNDLE') or settings.get('cert')
    if not chosen:
        try:
            from pip._vendor import certifi
            chosen = certifi.where()
        except ImportError:
            return {}
    return {'SSL_CERT_DIR' if os.path.isdir(chosen) else 'SSL_CERT_FILE': chosen}


def environment(settings, proxy):
    chosen = proxy or settings.get('proxy', '')
    if chosen and (not chosen.startswith('http://') or '@' in chosen):
        refuse('pip is configured with a proxy that is not plain HTTP, or has a password')
    found = certificates(settings)
    if chosen:
        found.update({name: chosen for name in ('HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy')}, NO_PROXY='', no_proxy='')
    timeout = settings.get('timeout') or settings.get('default-timeout')
    if proxy:
        found.update(UV_HTTP_TIMEOUT='120', UV_HTTP_RETRIES='10')
    elif timeout:
        found['UV_HTTP_TIMEOUT'] = timeout
    return ''.join(f'export {name}={shlex.quote(value)}\n' for name, value in found.items())


def system_packages():
    """Names of what the environment sees of the system, of which uv knows nothing."""
    from importlib import metadata
    places = [place for place in sys.path if place and not place.startswith(sys.prefix + os.sep) and os.path.isdir(place)]
    names = {(each.metadata['Name'] or '').lower().replace('_', '-').replace('.', '-') for each in metadata.distributions(path=places)}
    return ''.join(f'{name}\n' for name in sorted(names) if name)


def main(folder, proxy):
    listed = subprocess.run([sys.executable, '-m', 'pip', 'config', 'list'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    if listed.returncode != 0:
        refuse('pip does not understand its own configuration')
    settings = configured(listed.stdout)
    others = sorted(set(settings) - INDIFFERENT - GIVEN)
    if others:
        refuse(f'pip is configured with {", ".join(others)}, which uv cannot be given')
    with open(os.path.join(folder, 'requirements')) as file:
        own = file.read().splitlines()
    for name, text in (('uv-requirements', '\n'.join(requirements(settings, own)) + '\n'), ('uv-environment', environment(settings, proxy)), ('system-packages', system_packages())):
        with open(os.path.join(folder, name), 'w') as file:
            file.write(text)


if __name__ == '__main__':
    main(*sys.argv[1:])
