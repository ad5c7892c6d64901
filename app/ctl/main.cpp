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

} // namespace

int main(int argc, char** argv)
{
    takeStopSignals();
    CLI::App program("Runs and examines a fan-out timeline backend without a display.", "rookeryctl");
    program.set_version_flag("--version", "rookeryctl " ROOKERY_VERSION);
    program.require_subcommand(1);
    int exitCode = kOk;
    ClusterChoice cluster;
    bool json = false;

    std::filesystem::path demoData;
    bool noWorkload = false;
    auto* demo = program.add_subcommand("demo", "run a private backend; prints its endpoints as JSON");
    demo->add_option("--data", demoData, "keep it in this directory");
    demo->add_flag("--no-workload", noWorkload, "no synthetic crowd");
    demo->add_flag("--json", json, "as always here");
    demo->callback([&] { exitCode = runDemo(demoData, !noWorkload); });

    ServeCommand serving;
    auto* serve = program.add_subcommand(
        "serve", "run workers as a service until SIGTERM; SIGHUP reads the file again");
    serve->add_option("--config", serving.config, "cluster.toml")->required()->check(CLI::ExistingFile);
    serve->add_option("--workers", serving.workers, "instead of the file's number")->check(CLI::Range(0, 64));
    serve->add_option("--status-every", serving.statusEverySeconds, "seconds between status lines; 0: none")
        ->check(CLI::Range(0.0, 86'400.0));
    serve->add_flag("--json", serving.json,
                    "one JSON object a line on standard output: ready, status, reloaded, stopping, stopped");
    serve->callback([&] { exitCode = runServe(serving); });

    ImportCommand import;
    auto* importing = program.add_subcommand("import", "import a recorded activity log");
    addCluster(importing, import.cluster);
    importing->add_option("FILE", import.file, "lines \"userA userB unix-time KIND\", plain or gzip")
        ->required();
    importing->add_option("--speed", import.speed, "60 = one hour a minute; max = as fast as it goes");
    importing->add_flag("--keep-times", import.keepTimes, "do not shift the log to end now");
    importing->add_flag("--json", import.json, "the final report as JSON");
    importing->callback([&] { exitCode = chosen(import.cluster) ? kUsage : runImport(import); });

    std::string format = "csv";
    std::filesystem::path output;
    auto* report = program.add_subcommand("report", "the shard report");
    addCluster(report, cluster);
    report->add_option("--format", format, "csv, json or html")
        ->check(CLI::IsMember({"csv", "json", "html"}));
    report->add_option("-o,--output", output, "a file instead of standard output");
    report->callback([&] { exitCode = chosen(cluster) ? kUsage : runReport(cluster, format, output); });

    TimelineAuditCommand timelines;
    auto* audit = program.add_subcommand(
        "audit",
        "recompute every timeline, counter and ledger row, or the home timelines named here while the "
        "cluster works; 1 when any differs");
    addCluster(audit, timelines.cluster);
    auto* which =
        audit->add_option_group("which home timelines", "none: everything, counters and ledgers, too");
    which->add_option("--user", timelines.user, "of one reader, by id or @handle");
    which->add_option("--shard", timelines.shard, "of one logical shard")->check(CLI::Range(0, 4'095));
    auto* sample = which->add_option("--sample", timelines.sample, "of so many readers, by chance")
                       ->check(CLI::Range(1, 10'000'000));
    which->add_flag("--all", timelines.all, "of all readers");
    which->require_option(0, 1);
    audit->add_option("--seed", timelines.seed, "the same sample again")->needs(sample);
    audit->add_flag("--repair", timelines.repair, "build what differs again, and look once more");
    audit->add_flag("--json", timelines.json, "as JSON");
    audit->callback([&] {
        if (chosen(timelines.cluster))
            exitCode = kUsage;
        else
            exitCode = timelines.chosen() || timelines.repair
                           ? runTimelineAudit(timelines)
                           : runAuditCommand(timelines.cluster, timelines.json);
    });

    OrphansCommand orphans;
    auto* orphan = program.add_subcommand(
        "orphans", "keys in Redis that nobody will ever read or expire; 1 when there are any left");
    addCluster(orphan, orphans.cluster);
    orphan->add_flag("--remove", orphans.remove, "remove them; not while a logical shard is being moved");
    orphan->add_option("--keys-per-second", orphans.keysPerSecond, "looked at, on one node after the other")
        ->check(CLI::Range(1, 10'000'000));
    orphan->add_flag("--json", orphans.json, "as JSON");
    orphan->callback([&] { exitCode = chosen(orphans.cluster) ? kUsage : runOrphans(orphans); });

    std::int64_t explained = 0;
    std::string reader;
    auto* explain = program.add_subcommand(
        "explain", "why a post is, or is not, in a reader's home timeline; 1 when that is a fault");
    addCluster(explain, cluster);
    explain->add_option("POST", explained, "the post's id")->required();
    explain->add_option("READER", reader, "the reader's id or @handle")->required();
    explain->add_flag("--json", json, "as JSON");
    explain->callback(
        [&] { exitCode = chosen(cluster) ? kUsage : runExplain(cluster, explained, reader, json); });

    DeadLetterCommand dead;
    auto* letters = program.add_subcommand("dead-letters", "tasks that failed for good");
    letters->require_subcommand(1);
    const auto deadLetters = [&](const char* name, const char* what, DeadLetterCommand::Action action) {
        auto* command = letters->add_subcommand(name, what);
        addCluster(command, dead.cluster);
        command->add_flag("--json", dead.json, "as JSON");
        command->callback([&, action] {
            dead.action = action;
            exitCode = chosen(dead.cluster) ? kUsage : runDeadLetters(dead);
        });
        return command;
    };
    deadLetters("list", "grouped by what they failed of", DeadLetterCommand::Action::List);
    deadLetters("show", "one, with its payload", DeadLetterCommand::Action::Show)
        ->add_option("ID", dead.ids, "like 2:345")
        ->required()
        ->expected(1);
    for (auto* command : {deadLetters("retry", "try them again; 1 when any of them was gone",
                                      DeadLetterCommand::Action::Retry),
                          deadLetters("discard", "throw them away; 1 when any of them was gone",
                                      DeadLetterCommand::Action::Discard)}) {
        command->add_option("ID", dead.ids, "like 2:345");
        auto* signature = command->add_option("--signature", dead.signature, "all of this signature");
        command->add_option("--expect", dead.expected, "as many as the list said")->needs(signature);
    }

    auto* rebuild =
        program.add_subcommand("rebuild", "build one reader's home timeline again from PostgreSQL");
    addCluster(rebuild, cluster);
    rebuild->add_option("READER", reader, "the reader's id or @handle")->required();
    rebuild->add_flag("--json", json, "as JSON");
    rebuild->callback([&] { exitCode = chosen(cluster) ? kUsage : runRebuild(cluster, reader, json); });

    std::string threshold;
    auto* fanout =
        program.add_subcommand("fanout", "who is pushed and who is merged at read time, and from when on");
    addCluster(fanout, cluster);
    fanout
        ->add_option("--threshold", threshold,
                     "set it: auto, never, or the number of followers above which an author is pulled")
        ->check([](const std::string& text) {
            return backend::parsePushThreshold(text) ? std::string() : "auto, never or a number of followers";
        });
    fanout->add_flag("--json", json, "as JSON");
    fanout->callback([&] { exitCode = chosen(cluster) ? kUsage : runFanout(cluster, threshold, json); });

    auto* doctor = program.add_subcommand("doctor", "check nodes, versions and settings that hurt");
    addCluster(doctor, cluster);
    doctor->add_flag("--json", json, "as JSON");
    doctor->callback([&] { exitCode = chosen(cluster) ? kUsage : runDoctor(cluster, json); });

    BenchCommand bench;
    auto* benching =
        program.add_subcommand("bench", "measure this engine against bare Redis commands on private servers");
    bool quick = false;
    auto* quickly = benching->add_flag("--quick", quick, "under ten minutes on two cores (default)");
    benching
        ->add_flag("--full", bench.full,
                   "also 100,000 readers with up to 800 entries, more rounds; half an hour or more")
        ->excludes(quickly);
    benching->add_flag("--json", bench.json, "all figures and ratios as JSON");
    benching->add_option("--svg", bench.svg, "also a plot, into this file");
    benching->add_option("--data", bench.data, "run in this new or empty directory and keep it");
    benching->callback([&] { exitCode = runBenchCommand(bench); });

    CapacityCommand capacity;
    auto* weighing = program.add_subcommand(
        "capacity", "what home timelines cost in memory, weighed here; 1 when it could not be measured");
    addCluster(weighing, capacity.cluster);
    weighing->add_option("--cap", capacity.caps, "price this cap, too (several may be given)")
        ->check(CLI::Range(1, 100'000));
    weighing
        ->add_option("--watch", capacity.watchSeconds,
                     "wait so many seconds, a minute at least, to see growth")
        ->check(CLI::Range(0, 3'600));
    weighing->add_flag("--json", capacity.json, "as JSON");
    weighing->callback([&] { exitCode = chosen(capacity.cluster) ? kUsage : runCapacity(capacity); });

    auto* clusters = program.add_subcommand("cluster", "make, upgrade or show a cluster");
    clusters->require_subcommand(1);
    std::filesystem::path initConfig;
    auto* init = clusters->add_subcommand("init", "make a cluster on the servers that the file names");
    init->add_option("--config", initConfig, "cluster.toml")->required()->check(CLI::ExistingFile);
    init->add_flag("--json", json, "what was done, as JSON");
    init->callback([&] { exitCode = runClusterInit(initConfig, json); });
    auto* upgrade =
        clusters->add_subcommand("upgrade", "bring the schemas of a cluster to this program's version");
    upgrade->add_option("--config", initConfig, "cluster.toml with the owner's addresses")
        ->required()
        ->check(CLI::ExistingFile);
    upgrade->add_flag("--json", json, "what was done, as JSON");
    upgrade->callback([&] { exitCode = runClusterUpgrade(initConfig, json); });
    auto* show = clusters->add_subcommand("show", "nodes, placements and engines, as the directory has them");
    addCluster(show, cluster);
    show->add_flag("--json", json, "as JSON");
    show->callback([&] { exitCode = chosen(cluster) ? kUsage : runClusterShow(cluster, json); });

    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? kOk : kUsage;
    }
    return exitCode;
}
