# Runs an Alembic project for real on a throw-away database, one revision at a time. The last part, which starts the script.
#
# After each revision it writes one line of JSON to what was standard output, and waits for a line on standard input before
# it goes on. Every engine of the project connects to the throw-away database, whatever URL it was made for.


def prove(request):
    steps = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(**step):
        steps.write(json.dumps(step) + "\n")
        steps.flush()
        return sys.stdin.readline().strip() == "next"

    try:
        upgrade_and_downgrade(request, tell)
    except BaseException as error:
        tell(failed=one_line(error))


def upgrade_and_downgrade(request, tell):
    os.chdir(request["root"])
    sys.path[:] = [path for path in sys.path if path not in ("", request["root"])]
    from alembic import command
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import make_url

    guard.target = request["prove"]
    if make_url(guard.target).database and guard.target.startswith("sqlite"):
        guard.files.add(os.path.abspath(make_url(guard.target).database))
    guard.seal()
    sys.path.append(request["root"])
    config = config_of(request)
    config.cmd_opts.sql = False
    config.set_main_option("sqlalchemy.url", guard.target.replace("%", "%%"))
    with application_of(request, config):
        if request["before"]:
            before_all(before_of(request["before"]))
        # env.py may say where the revisions are.
        command.current(config)
        script = ScriptDirectory.from_config(config)
        last = {"script": script}
        plain = ScriptDirectory.run_env

        def run_env(self):
            last["script"] = self
            return plain(self)

        ScriptDirectory.run_env = run_env
        command.current(config)
        for revision in sorted_revisions(last["script"]):
            first = len(guard.refusals)
            command.upgrade(config, revision.revision)
            for refusal in guard.refusals[first:]:
                raise EnvFailed(f"revision {revision.revision}: {refusal['what']}")
            if not tell(at=revision.revision):
                return
        revisions = list(reversed(sorted_revisions(last["script"])))
        if any(len(as_list(one.down_revision)) > 1 or len(one.nextrev) > 1 for one in revisions):
            tell(up=True, why="the history has branches")
            return
        if not tell(up=True):
            return
        for revision in revisions:
            try:
                command.downgrade(config, (as_list(revision.down_revision) or ["base"])[0])
            except (Exception, NotImplementedError) as error:
                tell(down=revision.revision, why=f"Alembic has no way down from {revision.revision} ({one_line(error)})")
                return
            if not tell(down=revision.revision):
                return


def before_all(before):
    from sqlalchemy import create_engine

    engine = create_engine(guard.target)
    if callable(before):
        with engine.begin() as connection:
            before(connection)
    elif isinstance(before, str):
        with engine.begin() as connection:
            raw = connection.connection
            raw.executescript(before) if guard.target.startswith("sqlite") else raw.cursor().execute(before)
    else:
        before.create_all(engine)
    engine.dispose()


main()
