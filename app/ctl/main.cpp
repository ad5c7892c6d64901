#include "app/ctl/commands.h"
#include "app/ctl/support.h"

#include <CLI/CLI.hpp>

namespace {

using namespace app;

void addCluster(CLI::App* command, ClusterChoice& choice)
{
    auto* demo = command->add_flag("--demo", choice.demo, "a private cluster on embedded servers");
    command->add_option("--data", choice.data, "keep the private cluster in this directory")->needs(demo);
    command->add_option("--config", choice.config, "cluster.toml of a running cluster")
        ->excludes(demo)
        ->check(CLI::ExistingFile);
}

int chosen(const ClusterChoice& choice)
{
    if (choice.demo || !choice.config.empty()) return kOk;
    std::fputs(
        "rookeryctl: say which cluster: --demo (with --data DIR to keep it) or --config cluster.toml\n",
        stderr);
    return kUsage;
}

// What the arguments mean: one function a command, whose callback runs it.
class CommandLine
{
public:
    CommandLine();
    int run(int argc, char** argv); // the exit code

private:
    void addDemo();
    void addServe();
    void addImport();
    void addReport();
    void addAudit();
    void addCounters();
    void addOrphans();
    void addExplain();
    void addDeadLetters();
    void addUser();
    void addRebuild();
    void addFanout();
    void addDoctor();
    void addBench();
    void addCapacity();
    void addClusters();

    CLI::App m_program{"Runs and examines a fan-out timeline backend without a display.", "rookeryctl"};
    int m_exitCode = kOk;
    // Of the commands that have no struct of their own.
    ClusterChoice m_cluster;
    bool m_json = false;
    std::string m_reader;
    std::filesystem::path m_demoData;
    bool m_noWorkload = false;
    ServeCommand m_serving;
    ImportCommand m_import;
    std::string m_format = "csv";
    std::filesystem::path m_output;
    TimelineAuditCommand m_timelines;
    CountersCommand m_counters;
    OrphansCommand m_orphans;
    std::int64_t m_explained = 0;
    DeadLetterCommand m_dead;
    UserCommand m_user;
    std::string m_threshold;
    BenchCommand m_bench;
    bool m_quick = false;
    CapacityCommand m_capacity;
    std::filesystem::path m_initConfig;
};

CommandLine::CommandLine()
{
    m_program.set_version_flag("--version", "rookeryctl " ROOKERY_VERSION);
    m_program.require_subcommand(1);
    addDemo();
    addServe();
    addImport();
    addReport();
    addAudit();
    addCounters();
    addOrphans();
    addExplain();
    addDeadLetters();
    addUser();
    addRebuild();
    addFanout();
    addDoctor();
    addBench();
    addCapacity();
    addClusters();
}

void CommandLine::addDemo()
{
    auto* demo = m_program.add_subcommand("demo", "run a private backend; prints its endpoints as JSON");
    demo->add_option("--data", m_demoData, "keep it in this directory");
    demo->add_flag("--no-workload", m_noWorkload, "no synthetic crowd");
    demo->add_flag("--json", m_json, "as always here");
    demo->callback([this] { m_exitCode = runDemo(m_demoData, !m_noWorkload); });
}

void CommandLine::addServe()
{
    auto* serve = m_program.add_subcommand(
        "serve", "run workers as a service until SIGTERM; SIGHUP reads the file again");
    serve->add_option("--config", m_serving.config, "cluster.toml")->required()->check(CLI::ExistingFile);
    serve->add_option("--workers", m_serving.workers, "instead of the file's number")
        ->check(CLI::Range(0, 64));
    serve->add_option("--status-every", m_serving.statusEverySeconds, "seconds between status lines; 0: none")
        ->check(CLI::Range(0.0, 86'400.0));
    serve->add_flag("--json", m_serving.json,
                    "one JSON object a line on standard output: ready, status, reloaded, stopping, stopped");
    serve->callback([this] { m_exitCode = runServe(m_serving); });
}

void CommandLine::addImport()
{
    auto* importing = m_program.add_subcommand("import", "import a recorded activity log");
    addCluster(importing, m_import.cluster);
    importing->add_option("FILE", m_import.file, "lines \"userA userB unix-time KIND\", plain or gzip")
        ->required();
    importing->add_option("--speed", m_import.speed, "60 = one hour a minute; max = as fast as it goes");
    importing->add_flag("--keep-times", m_import.keepTimes, "do not shift the log to end now");
    importing->add_flag("--json", m_import.json, "the final report as JSON");
    importing->callback([this] { m_exitCode = chosen(m_import.cluster) ? kUsage : runImport(m_import); });
}

void CommandLine::addReport()
{
    auto* report = m_program.add_subcommand("report", "the shard report");
    addCluster(report, m_cluster);
    report->add_option("--format", m_format, "csv, json or html")
        ->check(CLI::IsMember({"csv", "json", "html"}));
    report->add_option("-o,--output", m_output, "a file instead of standard output");
    report->callback(
        [this] { m_exitCode = chosen(m_cluster) ? kUsage : runReport(m_cluster, m_format, m_output); });
}

void CommandLine::addAudit()
{
    auto* audit = m_program.add_subcommand(
        "audit",
        "recompute every timeline, counter and ledger row, or the home timelines named here while the "
        "cluster works; 1 when any differs");
    addCluster(audit, m_timelines.cluster);
    auto* which =
        audit->add_option_group("which home timelines", "none: everything, counters and ledgers, too");
    which->add_option("--user", m_timelines.user, "of one reader, by id or @handle");
    which->add_option("--shard", m_timelines.shard, "of one logical shard")->check(CLI::Range(0, 4'095));
    auto* sample = which->add_option("--sample", m_timelines.sample, "of so many readers, by chance")
                       ->check(CLI::Range(1, 10'000'000));
    which->add_flag("--all", m_timelines.all, "of all readers");
    which->require_option(0, 1);
    audit->add_option("--seed", m_timelines.seed, "the same sample again")->needs(sample);
    audit->add_flag("--repair", m_timelines.repair, "build what differs again, and look once more");
    audit->add_flag("--json", m_timelines.json, "as JSON");
    audit->callback([this] {
        if (chosen(m_timelines.cluster))
            m_exitCode = kUsage;
        else
            m_exitCode = m_timelines.chosen() || m_timelines.repair
                             ? runTimelineAudit(m_timelines)
                             : runAuditCommand(m_timelines.cluster, m_timelines.json);
    });
}

void CommandLine::addCounters()
{
    auto* counters = m_program.add_subcommand(
        "counters",
        "recount followers, follows and posts while the cluster works; 1 when any counter has drifted");
    addCluster(counters, m_counters.cluster);
    auto* user = counters->add_option("--user", m_counters.user, "of one user, by id or @handle");
    counters->add_option("--shard", m_counters.shard, "of one logical shard")
        ->check(CLI::Range(0, 4'095))
        ->excludes(user);
    counters->add_flag("--reconcile", m_counters.reconcile, "set right what has drifted");
    counters->add_flag("--json", m_counters.json, "as JSON");
    counters->callback(
        [this] { m_exitCode = chosen(m_counters.cluster) ? kUsage : runCounters(m_counters); });
}

void CommandLine::addOrphans()
{
    auto* orphan = m_program.add_subcommand(
        "orphans", "keys in Redis that nobody will ever read or expire; 1 when there are any left");
    addCluster(orphan, m_orphans.cluster);
    orphan->add_flag("--remove", m_orphans.remove, "remove them; not while a logical shard is being moved");
    orphan->add_option("--keys-per-second", m_orphans.keysPerSecond, "looked at, on one node after the other")
        ->check(CLI::Range(1, 10'000'000));
    orphan->add_flag("--json", m_orphans.json, "as JSON");
    orphan->callback([this] { m_exitCode = chosen(m_orphans.cluster) ? kUsage : runOrphans(m_orphans); });
}

void CommandLine::addExplain()
{
    auto* explain = m_program.add_subcommand(
        "explain", "why a post is, or is not, in a reader's home timeline; 1 when that is a fault");
    addCluster(explain, m_cluster);
    explain->add_option("POST", m_explained, "the post's id")->required();
    explain->add_option("READER", m_reader, "the reader's id or @handle")->required();
    explain->add_flag("--json", m_json, "as JSON");
    explain->callback([this] {
        m_exitCode = chosen(m_cluster) ? kUsage : runExplain(m_cluster, m_explained, m_reader, m_json);
    });
}

void CommandLine::addDeadLetters()
{
    auto* letters = m_program.add_subcommand("dead-letters", "tasks that failed for good");
    letters->require_subcommand(1);
    const auto deadLetters = [this, letters](const char* name, const char* what,
                                             DeadLetterCommand::Action action) {
        auto* command = letters->add_subcommand(name, what);
        addCluster(command, m_dead.cluster);
        command->add_flag("--json", m_dead.json, "as JSON");
        command->callback([this, action] {
            m_dead.action = action;
            m_exitCode = chosen(m_dead.cluster) ? kUsage : runDeadLetters(m_dead);
        });
        return command;
    };
    deadLetters("list", "grouped by what they failed of", DeadLetterCommand::Action::List);
    deadLetters("show", "one, with its payload", DeadLetterCommand::Action::Show)
        ->add_option("ID", m_dead.ids, "like 2:345")
        ->required()
        ->expected(1);
    for (auto* command : {deadLetters("retry", "try them again; 1 when any of them was gone",
                                      DeadLetterCommand::Action::Retry),
                          deadLetters("discard", "throw them away; 1 when any of them was gone",
                                      DeadLetterCommand::Action::Discard)}) {
        command->add_option("ID", m_dead.ids, "like 2:345");
        auto* signature = command->add_option("--signature", m_dead.signature, "all of this signature");
        command->add_option("--expect", m_dead.expected, "as many as the list said")->needs(signature);
    }
}

void CommandLine::addUser()
{
    auto* users = m_program.add_subcommand("user", "delete an account, or see how far deleted ones are");
    users->require_subcommand(1);
    auto* erase = users->add_subcommand(
        "delete", "for good: hidden everywhere at once; posts, edges and handle follow through the queue");
    addCluster(erase, m_user.cluster);
    erase->add_option("USER", m_user.user, "the user's id or @handle")->required();
    erase->add_flag("--yes", m_user.yes, "without it, only what would go is told");
    erase->add_flag("--wait", m_user.wait, "until the last of it is gone and the handle is free");
    erase->add_flag("--json", m_user.json, "as JSON");
    erase->callback([this] { m_exitCode = chosen(m_user.cluster) ? kUsage : runUserDelete(m_user); });
    auto* deletions = users->add_subcommand("deletions", "deleted accounts and what is left to do");
    addCluster(deletions, m_user.cluster);
    deletions->add_flag("--json", m_user.json, "as JSON");
    deletions->callback([this] { m_exitCode = chosen(m_user.cluster) ? kUsage : runUserDeletions(m_user); });
}

void CommandLine::addRebuild()
{
    auto* rebuild =
        m_program.add_subcommand("rebuild", "build one reader's home timeline again from PostgreSQL");
    addCluster(rebuild, m_cluster);
    rebuild->add_option("READER", m_reader, "the reader's id or @handle")->required();
    rebuild->add_flag("--json", m_json, "as JSON");
    rebuild->callback(
        [this] { m_exitCode = chosen(m_cluster) ? kUsage : runRebuild(m_cluster, m_reader, m_json); });
}

void CommandLine::addFanout()
{
    auto* fanout =
        m_program.add_subcommand("fanout", "who is pushed and who is merged at read time, and from when on");
    addCluster(fanout, m_cluster);
    fanout
        ->add_option("--threshold", m_threshold,
                     "set it: auto, never, or the number of followers above which an author is pulled")
        ->check([](const std::string& text) {
            return backend::parsePushThreshold(text) ? std::string() : "auto, never or a number of followers";
        });
    fanout->add_flag("--json", m_json, "as JSON");
    fanout->callback(
        [this] { m_exitCode = chosen(m_cluster) ? kUsage : runFanout(m_cluster, m_threshold, m_json); });
}

void CommandLine::addDoctor()
{
    auto* doctor = m_program.add_subcommand("doctor", "check nodes, versions and settings that hurt");
    addCluster(doctor, m_cluster);
    doctor->add_flag("--json", m_json, "as JSON");
    doctor->callback([this] { m_exitCode = chosen(m_cluster) ? kUsage : runDoctor(m_cluster, m_json); });
}

void CommandLine::addBench()
{
    auto* benching = m_program.add_subcommand(
        "bench", "measure this engine against bare Redis commands on private servers");
    auto* quickly = benching->add_flag("--quick", m_quick, "under ten minutes on two cores (default)");
    benching
        ->add_flag("--full", m_bench.full,
                   "also 100,000 readers with up to 800 entries, more rounds; half an hour or more")
        ->excludes(quickly);
    benching->add_flag("--json", m_bench.json, "all figures and ratios as JSON");
    benching
        ->add_option("--only", m_bench.parts,
                     "only these of queue, pages, fanout, posting, deletion, dormant")
        ->delimiter(',');
    benching->add_option("--svg", m_bench.svg, "also a plot, into this file");
    benching->add_option("--data", m_bench.data, "run in this new or empty directory and keep it");
    benching->callback([this] { m_exitCode = runBenchCommand(m_bench); });
}

void CommandLine::addCapacity()
{
    auto* weighing = m_program.add_subcommand(
        "capacity", "what home timelines cost in memory, weighed here; 1 when it could not be measured");
    addCluster(weighing, m_capacity.cluster);
    weighing->add_option("--cap", m_capacity.caps, "price this cap, too (several may be given)")
        ->check(CLI::Range(1, 100'000));
    weighing
        ->add_option("--watch", m_capacity.watchSeconds,
                     "wait so many seconds, a minute at least, to see growth")
        ->check(CLI::Range(0, 3'600));
    weighing->add_flag("--json", m_capacity.json, "as JSON");
    weighing->callback(
        [this] { m_exitCode = chosen(m_capacity.cluster) ? kUsage : runCapacity(m_capacity); });
}

void CommandLine::addClusters()
{
    auto* clusters = m_program.add_subcommand("cluster", "make, upgrade or show a cluster");
    clusters->require_subcommand(1);
    auto* init = clusters->add_subcommand("init", "make a cluster on the servers that the file names");
    init->add_option("--config", m_initConfig, "cluster.toml")->required()->check(CLI::ExistingFile);
    init->add_flag("--json", m_json, "what was done, as JSON");
    init->callback([this] { m_exitCode = runClusterInit(m_initConfig, m_json); });
    auto* upgrade =
        clusters->add_subcommand("upgrade", "bring the schemas of a cluster to this program's version");
    upgrade->add_option("--config", m_initConfig, "cluster.toml with the owner's addresses")
        ->required()
        ->check(CLI::ExistingFile);
    upgrade->add_flag("--json", m_json, "what was done, as JSON");
    upgrade->callback([this] { m_exitCode = runClusterUpgrade(m_initConfig, m_json); });
    auto* show = clusters->add_subcommand("show", "nodes, placements and engines, as the directory has them");
    addCluster(show, m_cluster);
    show->add_flag("--json", m_json, "as JSON");
    show->callback([this] { m_exitCode = chosen(m_cluster) ? kUsage : runClusterShow(m_cluster, m_json); });
}

int CommandLine::run(int argc, char** argv)
{
    try {
        m_program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return m_program.exit(error) == 0 ? kOk : kUsage;
    }
    return m_exitCode;
}

} // namespace

int main(int argc, char** argv)
{
    takeStopSignals();
    return CommandLine().run(argc, argv);
}
