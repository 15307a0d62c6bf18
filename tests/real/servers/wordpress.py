"""The real WordPress on the real MariaDB, served by PHP's own web server: Debian's packages, unpacked."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.installing import debian
from tests.real.process import Server, answers, free_port

PINS = {
    "wordpress": "6.1.",
    "mariadb-server-core": "1:10.11.",
    "php8.2-cli": "8.2.",
    "php8.2-mysql": "8.2.",
    "php8.2-opcache": "8.2.",
    "php8.2-gd": "8.2.",
    "php8.2-mbstring": "8.2.",
    "php8.2-xml": "8.2.",
    "php-getid3": "1.9.",
    "libjs-underscore": "1.13.",
    "libaio1": "0.3.",
    "liburing2": "2.",
}
_WITHOUT = (
    "apache2",
    "libapache2",
    "mariadb-client",
    "default-mysql",
    "libjs-cropper",
    "libjs-prototype",
    "libconfig",
)
_EXTENSIONS = [
    "mysqlnd",
    "mysqli",
    "mbstring",
    "dom",
    "simplexml",
    "xml",
    "xmlreader",
    "xmlwriter",
    "gd",
    "ctype",
    "tokenizer",
    "fileinfo",
    "exif",
    "iconv",
    "posix",
]
USER, PASSWORD = "editor-in-chief", "a password of this test"
_CONFIG = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'wordpress'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('AUTH_KEY', 'a'); define('SECURE_AUTH_KEY', 'b'); define('LOGGED_IN_KEY', 'c'); define('NONCE_KEY', 'd');
define('AUTH_SALT', 'e'); define('SECURE_AUTH_SALT', 'f'); define('LOGGED_IN_SALT', 'g'); define('NONCE_SALT', 'h');
$table_prefix = 'wp_';
// Application passwords are for https, except on a machine of one's own.
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_HOME', 'http://127.0.0.1:{port}'); define('WP_SITEURL', 'http://127.0.0.1:{port}');
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_DEBUG', false);
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
# Behind a proxy the site must answer under whichever name it is asked by.
_SETUP = """<?php
define('WP_INSTALLING', true);
require './wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Taco Truck', '{user}', 'crew@tacos.example', true, '', wp_slash('{password}'));
update_option('permalink_structure', '/%postname%/');
[$password, $item] = WP_Application_Passwords::create_new_application_password(1, ['name' => 'drumbeat']);
echo "\\n", $password;
"""


@dataclass(frozen=True)
class WordPress:
    """A running site: its address, and the application password of its administrator."""

    url: str
    user: str
    password: str
    server: Server
    database: Server


@contextmanager
def running() -> Iterator[WordPress]:
    """Start MariaDB and WordPress in a folder of their own; both are stopped and the folder removed afterwards."""
    root = debian("wordpress", PINS, without=_WITHOUT)
    folder = Path(tempfile.mkdtemp(prefix="drumbeat-wp-"))
    servers: list[Server] = []
    try:
        socket = folder / "db.sock"
        servers.append(_database(root, folder, socket))
        port = free_port()
        site = _site(root, folder, socket, port)
        password = _installed(root, site)
        servers.append(_web(root, site, folder, port))
        yield WordPress(f"http://127.0.0.1:{port}", USER, password, servers[1], servers[0])
    finally:
        for server in reversed(servers):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _database(root: Path, folder: Path, socket: Path) -> Server:
    program, share, data = root / "usr/sbin/mariadbd", root / "usr/share/mysql", folder / "data"
    data.mkdir()
    (data / "mysql").mkdir()
    libraries = {"LD_LIBRARY_PATH": _libraries(root)}
    options = ["--no-defaults", f"--datadir={data}", f"--lc-messages-dir={share}", f"--plugin-dir={folder}"]
    options += ["--skip-log-error", "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0"]
    if os.geteuid() == 0:
        options.append("--user=root")
    scripts = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
    words = "create database if not exists mysql;\nuse mysql;\n"
    words += "".join((share / script).read_text(encoding="utf-8") for script in scripts)
    words += "create database wordpress character set utf8mb4;\n"
    bootstrap = subprocess.run(
        [program, *options, "--bootstrap", "--skip-grant-tables"],
        input=words,
        env={**os.environ, **libraries},
        capture_output=True,
        text=True,
        check=False,
    )
    assert bootstrap.returncode == 0, bootstrap.stderr[-3000:]
    # Nobody but this test reaches the socket, so nobody is asked for a password.
    command: list[str | Path] = [
        program,
        *options,
        f"--socket={socket}",
        "--skip-networking",
        "--skip-grant-tables",
    ]
    server = Server("mariadb", command, folder=folder, environ=libraries)
    server.ready(socket.exists)
    return server


def _site(root: Path, folder: Path, socket: Path, port: int) -> Path:
    """Copy WordPress: Debian's own tree points to other packages by links, which are followed into the unpacked root."""
    source, site = root / "usr/share/wordpress", folder / "site"
    shutil.copytree(source, site, symlinks=True)
    for link in [path for path in site.rglob("*") if path.is_symlink()]:
        original = source / link.relative_to(site)
        target = original.readlink()
        real = root / target.relative_to("/") if target.is_absolute() else original.parent / target
        link.unlink()
        if real.is_file():
            shutil.copy(real, link)
        elif real.is_dir():
            shutil.copytree(real, link)
    (site / "wp-content" / "uploads").mkdir(parents=True, exist_ok=True)
    (site / "wp-config.php").write_text(_CONFIG.format(socket=socket, port=port), encoding="utf-8")
    return site


def _php(root: Path) -> list[str | Path]:
    extensions = next((root / "usr/lib/php").glob("20*"))
    settings = [f"extension_dir={extensions}", "upload_max_filesize=20M", "post_max_size=25M"]
    settings += [f"extension={name}.so" for name in _EXTENSIONS if (extensions / f"{name}.so").exists()]
    # Compiled once for all workers: a request takes a fifth of the time.
    settings += ["zend_extension=opcache.so", "opcache.enable_cli=1", "opcache.validate_timestamps=0"]
    return [root / "usr/bin/php8.2", "-n", *(word for setting in settings for word in ("-d", setting))]


def _installed(root: Path, site: Path) -> str:
    script = site / "setup.php"
    script.write_text(_SETUP.format(user=USER, password=PASSWORD), encoding="utf-8")
    done = subprocess.run(
        [str(word) for word in [*_php(root), script]],
        cwd=site,
        env={**os.environ, "LD_LIBRARY_PATH": _libraries(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    script.unlink()
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout.splitlines()[-1].strip()


def _web(root: Path, site: Path, folder: Path, port: int) -> Server:
    command = [*_php(root), "-S", f"127.0.0.1:{port}", "-t", site]
    environ = {"LD_LIBRARY_PATH": _libraries(root), "PHP_CLI_SERVER_WORKERS": "4"}
    server = Server("wordpress", command, folder=folder, environ=environ)
    server.ready(lambda: answers(f"http://127.0.0.1:{port}/wp-json/", 200), within=90)
    return server


def _libraries(root: Path) -> str:
    return ":".join(str(path) for path in sorted((root / "usr/lib").glob("*-linux-gnu*")))
