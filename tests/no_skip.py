"""A pytest plugin for CI (`-p no_skip`): what CI does not run, nobody runs, so a skipped test fails the run."""


def pytest_sessionfinish(session):
    """Fail when anything was skipped, after the suite's own verdict."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if skipped:
        reporter.write_line(f"\n{len(skipped)} skipped; CI has everything they need, so this is a failure")
        session.exitstatus = 1
