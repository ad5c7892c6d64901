#include "app/ctl/support.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <pthread.h>
#include <unistd.h>

namespace app {
namespace {

sigset_t stopSignals()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

bool s_came = false; // of the main thread alone

} // namespace

// Blocked in every thread (they inherit the mask), waited for in the main one.
void takeStopSignals()
{
    const auto set = stopSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

bool stopSignalCame()
{
    const auto set = stopSignals();
    const timespec atOnce{0, 0};
    if (sigtimedwait(&set, nullptr, &atOnce) > 0) s_came = true;
    return s_came;
}

void waitForStopSignal()
{
    const auto set = stopSignals();
    int signal = 0;
    while (!s_came && sigwait(&set, &signal) == 0)
        s_came = true;
}

int failed(const backend::Error& error)
{
    std::fprintf(stderr, "rookeryctl: %s\n", error.message.c_str());
    return kFailed;
}

SessionOptions optionsOf(const ClusterChoice& cluster, const std::string& role)
{
    SessionOptions options;
    options.kind = cluster.demo ? SessionOptions::Kind::Demo : SessionOptions::Kind::Connect;
    options.dataDirectory = cluster.data;
    options.configFile = cluster.config;
    options.workload = false;
    options.role = role;
    return options;
}

backend::Result<std::shared_ptr<OpenedSession>> openWithSteps(const SessionOptions& options)
{
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    auto session = openSession(options,
                               [&](const backend::SessionProgress& step) {
                                   if (terminal) std::fprintf(stderr, "\r\033[K%s …", step.step.c_str());
                               },
                               {});
    if (terminal) std::fputs("\r\033[K", stderr);
    return session;
}

backend::Result<backend::UserId> readerOf(backend::Engine& engine, const std::string& reader,
                                          backend::Deadline deadline)
{
    const bool isId = !reader.empty() &&
                      std::all_of(reader.begin(), reader.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (isId) return backend::UserId{std::strtoll(reader.c_str(), nullptr, 10)};
    return engine.feed().userByHandle(reader.starts_with('@') ? reader.substr(1) : reader, deadline);
}

void drain(backend::Monitor& monitor)
{
    using namespace std::chrono_literals;
    for (int i = 0; i < 3'000 && !stopSignalCame(); ++i) {
        const auto unfinished = monitor.unfinishedTasks(backend::Deadline::after(5s));
        if (unfinished && *unfinished == 0) return;
        std::this_thread::sleep_for(100ms);
    }
}

std::string isoTime(backend::TimePoint time)
{
    const auto seconds =
        std::time_t(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

} // namespace app
