// Commands that run until they are told to stop: demo, import.
#include "app/ctl/support.h"

#include "backend/workload/importer.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdio>
#include <optional>
#include <thread>
#include <unistd.h>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

nlohmann::json endpointsOf(OpenedSession& session)
{
    auto nodes = nlohmann::json::array();
    const auto inputs = session.auditInputs();
    for (const auto& node : inputs.map->nodes)
        nodes.push_back(
            {{"id", node.id}, {"name", node.name}, {"kind", toString(node.kind)}, {"address", node.address}});
    return {{"config", session.configFile().string()},
            {"pid", ::getpid()},
            {"shards", inputs.map->shardCount},
            {"nodes", std::move(nodes)}};
}

std::optional<double> speedOf(const std::string& text)
{
    if (text == "max") return 0.0;
    double speed = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), speed);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && speed > 0
               ? std::optional(speed)
               : std::nullopt;
}

const char* nameOf(ReplayPhase phase)
{
    switch (phase) {
    case ReplayPhase::Reading:
        return "reading the log";
    case ReplayPhase::Accounts:
        return "accounts";
    case ReplayPhase::Follows:
        return "follows";
    case ReplayPhase::Posts:
        return "posts";
    case ReplayPhase::Done:
        return "done";
    case ReplayPhase::Cancelled:
        return "cancelled";
    case ReplayPhase::Failed:
        return "failed";
    }
    return "";
}

bool ended(ReplayPhase phase)
{
    return phase == ReplayPhase::Done || phase == ReplayPhase::Cancelled || phase == ReplayPhase::Failed;
}

std::string lineOf(const ReplayStatus& status)
{
    constexpr int kBar = 30;
    const int filled = int(status.fraction() * kBar);
    char left[48] = "";
    if (status.secondsLeft)
        std::snprintf(left, sizeof left, ", %d min %02d s left", int(*status.secondsLeft) / 60,
                      int(*status.secondsLeft) % 60);
    const char* const idle = status.nobodyDelivers
                                 ? "; no workers run: start rookeryctl serve, or resume those that are paused"
                                 : "";
    char line[256];
    if (status.tasksLeft) {
        std::snprintf(line, sizeof line, "%-15s %ld tasks left%s", "delivering", long(*status.tasksLeft),
                      idle);
        return line;
    }
    if (status.tasksAhead && status.nobodyDelivers) {
        std::snprintf(line, sizeof line, "%-15s waits for %ld tasks%s", nameOf(status.phase),
                      long(*status.tasksAhead), idle);
        return line;
    }
    std::snprintf(line, sizeof line, "%-15s [%s%s] %5.1f %%  %.0f/s%s", nameOf(status.phase),
                  std::string(std::size_t(filled), '#').c_str(),
                  std::string(std::size_t(kBar - filled), '.').c_str(), status.fraction() * 100,
                  status.ratePerSecond, left);
    return line + std::string(idle);
}

// A bar on a terminal, a line now and then elsewhere, until the import has ended.
void follow(Importer& importer)
{
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    auto nextLine = std::chrono::steady_clock::now();
    for (auto status = importer.status(); !ended(status.phase); status = importer.status()) {
        if (stopSignalCame()) importer.cancel();
        if (terminal) {
            std::fprintf(stderr, "\r\033[K%s", lineOf(status).c_str());
        } else if (std::chrono::steady_clock::now() >= nextLine) {
            std::fprintf(stderr, "%s\n", lineOf(status).c_str());
            nextLine += 10s;
        }
        std::this_thread::sleep_for(200ms);
    }
    if (terminal) std::fputs("\r\033[K", stderr);
}

int conclude(const Importer& importer, bool json)
{
    const auto status = importer.status();
    const auto timings = importer.timings();
    if (json) {
        const nlohmann::json report{{"phase", nameOf(status.phase)},
                                    {"accounts", status.accounts},
                                    {"follows", status.follows},
                                    {"posts", status.posts},
                                    {"malformed_lines", status.malformedLines},
                                    {"first_malformed", status.firstMalformed},
                                    {"error", status.error},
                                    {"seconds",
                                     {{"reading", timings.readingSeconds},
                                      {"accounts", timings.accountsSeconds},
                                      {"follows", timings.followsSeconds},
                                      {"posts", timings.postsSeconds},
                                      {"drain", timings.drainSeconds}}}};
        std::printf("%s\n", report.dump(2).c_str());
    } else {
        std::printf("%s: %ld accounts, %ld follows, %ld posts\n", nameOf(status.phase), long(status.accounts),
                    long(status.follows), long(status.posts));
        std::printf(
            "seconds: reading %.1f, accounts %.1f, follows %.1f, posts %.1f, draining the queue %.1f\n",
            timings.readingSeconds, timings.accountsSeconds, timings.followsSeconds, timings.postsSeconds,
            timings.drainSeconds);
        if (status.malformedLines > 0)
            std::printf("%ld malformed lines skipped, the first: %s\n", long(status.malformedLines),
                        status.firstMalformed.c_str());
    }
    if (status.phase == ReplayPhase::Done) return kOk;
    std::fprintf(stderr, "rookeryctl: %s\n", status.error.c_str());
    return kFailed;
}

} // namespace

int runDemo(const std::filesystem::path& data, bool workload)
{
    ClusterChoice cluster;
    cluster.demo = true;
    cluster.data = data;
    auto options = optionsOf(cluster, "demo");
    options.workload = workload;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    std::printf("%s\n", endpointsOf(**session).dump(2).c_str());
    std::fflush(stdout);
    waitForStopSignal();
    return kOk;
}

int runImport(const ImportCommand& command)
{
    const auto speed = speedOf(command.speed);
    if (!speed) {
        std::fprintf(stderr, "rookeryctl: --speed %s is neither a positive number nor max\n",
                     command.speed.c_str());
        return kUsage;
    }
    auto options = optionsOf(command.cluster, "ctl");
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    Importer importer((*session)->engine(), {command.file, *speed, command.keepTimes});
    follow(importer);
    return conclude(importer, command.json);
}

} // namespace app
