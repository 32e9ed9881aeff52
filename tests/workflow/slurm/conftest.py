"""A Slurm of the tests' own: one node on the loopback, in a folder of its own, gone at the end."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import Checkout, copy_project
from tutorials import follow

PROGRAMS = {
    name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    for name in ("munged", "slurmctld", "slurmd", "sbatch", "srun")
}
NODE = socket.gethostname().partition(".")[0]

# Two partitions and a GPU that is none, so that a request for one can be seen. Finished jobs stay
# in the records for as long as the tests may want to read them.
SLURM_CONF = """
ClusterName=triptych
SlurmctldHost={node}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/affinity
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
MinJobAge=7200
KillWait=2
GresTypes=gpu
NodeName={node} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:1
PartitionName=long Nodes=ALL Default=YES
PartitionName=short Nodes=ALL
"""

EVERY_SECOND = """
import asyncio
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

async def _sleep(self):
    await asyncio.sleep(1)

RemoteExecutor.sleep = _sleep
"""

# The jobs' inner srun is called without SLURM_CONF, which no site with a Slurm of its own needs.
SRUN = """#!/bin/sh
SLURM_CONF={folder}/slurm.conf exec {srun} "$@"
"""


@dataclass(frozen=True)
class Cluster:
    """A running Slurm: its folder, and the environment in which its commands find it."""

    folder: Path
    environment: dict[str, str]

    def ask(self, *command: str) -> str:
        """Return what one of Slurm's commands prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr}\n{self.logs()}"
        return done.stdout

    def jobs(self) -> list[dict[str, str]]:
        """Return all jobs there were so far, in the words of ``scontrol show job``."""
        lines = self.ask("scontrol", "--oneliner", "show", "job").splitlines()
        return [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines if "JobId=" in line]

    def unfinished(self) -> list[str]:
        """Return the numbers of the jobs that have not ended."""
        return self.ask("squeue", "--noheader", "--format=%i").split()

    def processes(self) -> list[int]:
        """Return the daemons, and the processes of jobs: all that was told of the folder."""
        numbers = []
        for process in Path("/proc").glob("[0-9]*"):
            # Not every process may be read, and some have ended.
            with suppress(OSError):
                if os.fsencode(self.folder) in (process / "environ").read_bytes():
                    numbers.append(int(process.name))
        return numbers

    def logs(self) -> str:
        """Return the ends of the daemons' logs."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-2000:]}" for log in logs)

    def wait_for(self, what: str, happens: Callable[[], object], seconds: float) -> None:
        """Wait until something happens; fail with the daemons' logs if it does not."""
        deadline = time.monotonic() + seconds
        while not happens():
            if time.monotonic() > deadline:
                pytest.fail(f"no {what} within {seconds} s\n{self.logs()}")
            time.sleep(0.2)


@dataclass(frozen=True)
class Submission:
    """A run of Snakemake that hands its jobs to the cluster."""

    cluster: Cluster
    process: subprocess.Popen[bytes]
    output: Path

    def printed(self) -> str:
        """Return what Snakemake printed so far."""
        return self.output.read_text(errors="replace")

    def wait_for(self, what: str, happens: Callable[[], object]) -> None:
        """Wait until something happens while the run goes on."""
        self.cluster.wait_for(what, lambda: happens() or self.process.poll() is not None, 600)
        assert self.process.poll() is None, f"ended without {what}\n{self.logs()}"

    def status(self) -> int:
        """Wait for the end, and return the exit status."""
        try:
            return self.process.wait(1800)
        except subprocess.TimeoutExpired:
            pytest.fail(f"no end\n{self.logs()}")

    def ended_well(self) -> str:
        """Wait for the end, fail if it is not a good one, and return what was printed."""
        status = self.status()
        assert status == 0, f"status {status}\n{self.logs()}"
        return self.printed()

    def logs(self) -> str:
        """Return what Snakemake and the daemons have to say."""
        return f"{self.printed()[-6000:]}\n{self.cluster.logs()}"


@pytest.fixture(scope="session")
def a_slurm() -> Callable[[], AbstractContextManager[Cluster]]:
    """Return what starts a Slurm and stops it at the end of a context."""
    if not all(PROGRAMS.values()):
        reason = "needs Slurm and munge (Debian: slurm-wlm and munge)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return running_slurm


@pytest.fixture(scope="session")
def cluster(a_slurm) -> Iterator[Cluster]:
    """Return the Slurm of all tests of a session."""
    with a_slurm() as cluster:
        yield cluster


@contextmanager
def running_slurm() -> Iterator[Cluster]:
    """Run the daemons of one node; nothing of the machine's own is used or touched."""
    # Slurm takes no space in its paths, and a socket's path may not be long.
    with tempfile.TemporaryDirectory(prefix="slurm-", dir="/tmp") as name, ExitStack() as daemons:
        cluster = written_cluster(Path(name))
        daemons.callback(kill_the_rest, cluster)
        daemons.enter_context(
            started(
                cluster,
                "munged",
                "--foreground",
                f"--key-file={name}/munge.key",
                f"--socket={name}/munge.socket",
                f"--pid-file={name}/munged.pid",
                f"--seed-file={name}/munged.seed",
            )
        )
        cluster.wait_for("munge", (cluster.folder / "munge.socket").exists, 60)
        daemons.enter_context(started(cluster, "slurmctld", "-D"))
        daemons.enter_context(started(cluster, "slurmd", "-D"))
        cluster.wait_for("idle node", lambda: node_state(cluster) == "idle", 60)
        yield cluster


def kill_the_rest(cluster: Cluster) -> None:
    """End what a job left, should there be anything."""
    for process in cluster.processes():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def written_cluster(folder: Path) -> Cluster:
    """Write all that the daemons read."""
    folder.chmod(0o711)  # munge's socket is for every user
    ports = free_ports(2)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    (folder / "slurm.conf").write_text(
        SLURM_CONF.format(
            folder=folder,
            node=NODE,
            user=getpass.getuser(),
            ports=ports,
            cpus=len(os.sched_getaffinity(0)),
            memory=int(0.9 * memory),
        )
    )
    (folder / "gres.conf").write_text("Name=gpu File=/dev/null\n")
    (folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o600)
    for part in ("state", "spool", "bin"):
        (folder / part).mkdir()
    (folder / "bin/srun").write_text(SRUN.format(folder=folder, srun=PROGRAMS["srun"]))
    (folder / "bin/srun").chmod(0o755)
    others = ("SLURM_", "SBATCH_", "SNAKEMAKE_PROFILE")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(others)}
    environment |= {
        "SLURM_CONF": str(folder / "slurm.conf"),
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
    }
    return Cluster(folder, environment)


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on."""
    with ExitStack() as open_until_all_are_found:
        sockets = [open_until_all_are_found.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def started(cluster: Cluster, daemon: str, *options: str) -> Iterator[None]:
    """Run a daemon until the end of the context, whatever that end is, a killed test included."""
    with (cluster.folder / f"{daemon}.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", str(PROGRAMS[daemon]), *options],
            env=cluster.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def node_state(cluster: Cluster) -> str:
    """Return what Slurm says of its node, or nothing while it does not answer."""
    command = ["sinfo", "--noheader", "--partition=long", "--format=%T"]
    done = subprocess.run(command, env=cluster.environment, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="session")
def fresh(project, tmp_path_factory) -> Checkout:
    """Return a copy for the cluster alone, whose trainings keep their state every 0.2 s.

    It asks after its jobs every second, which on a cluster of others would be impolite: the plugin
    waits longer and longer while no job ends.
    """
    mine = copy_project(project, tmp_path_factory.mktemp("cluster") / "a project")
    mine.edit("src/triptych/runtime/progress.py", "SAVE_EVERY_S = 30.0", "SAVE_EVERY_S = 0.2")
    with (mine.folder / "src/snakemake_logger_plugin_triptych/__init__.py").open("a") as plugin:
        plugin.write(EVERY_SECOND)
    return mine


@pytest.fixture(scope="session")
def tutorial(cluster, fresh, project) -> list[dict[str, str]]:
    """Follow the tutorial on Slurm, with an account and a partition as it says; return its jobs.

    The test of whole chains goes on from its results, so that they are made once.
    """
    environment = {
        **cluster.environment,
        "PATH": f"{Path(sys.executable).parent}:{cluster.environment['PATH']}",
        "PYTHONPATH": str(fresh.folder / "src"),
        "SBATCH_ACCOUNT": "biology",
        "SBATCH_PARTITION": "short",
    }
    follow(project / "docs/tutorials/slurm.md", fresh.folder, environment)
    return [job for job in cluster.jobs() if job["Account"] == "biology"]


@pytest.fixture
def submit(cluster, fresh, tmp_path) -> Iterator[Callable[..., Submission]]:
    """Return what starts Snakemake on the cluster, at smoke scale; every run ends with the test."""
    runs: list[Submission] = []
    daemons = set(cluster.processes())

    def start(*words: str, profile: str = "slurm", **environment: str) -> Submission:
        output = tmp_path / f"snakemake{len(runs)}.txt"
        command = [sys.executable, "-m", "snakemake", "--profile", f"profiles/{profile}", *words]
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [*command, "--configfile", "config/smoke.yaml"],
                cwd=fresh.folder,
                env={
                    **cluster.environment,
                    "PYTHONPATH": str(fresh.folder / "src"),
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                # A shell in the background hands on an interrupt that is ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        runs.append(Submission(cluster, process, output))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.wait()
    cluster.ask("scancel", "--user", getpass.getuser())
    cluster.wait_for("end of all jobs", lambda: set(cluster.processes()) <= daemons, 60)
