// bench: runs on a thread of its own, so that this one can take a stop signal.
#include "app/ctl/support.h"

#include "app/bench/bench.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <thread>
#include <unistd.h>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

// Steps go to standard error: over each other on a terminal, one a line elsewhere.
void showStep(const std::string& step)
{
    std::fprintf(stderr, ::isatty(STDERR_FILENO) == 1 ? "\r\033[K%s …" : "%s\n", step.c_str());
}

Result<BenchReport> runUntilStopped(const BenchOptions& options)
{
    std::optional<Result<BenchReport>> outcome;
    std::atomic<bool> ended = false;
    {
        std::jthread running([&](const std::stop_token& stop) {
            try {
                outcome = runBench(options, showStep, stop);
            } catch (const std::exception& error) {
                outcome = fail(ErrorCode::Internal, std::string("the bench failed: ") + error.what());
            }
            ended = true;
        });
        for (; !ended; std::this_thread::sleep_for(50ms))
            if (stopSignalCame()) running.request_stop();
    }
    if (::isatty(STDERR_FILENO) == 1) std::fputs("\r\033[K", stderr);
    return std::move(*outcome);
}

} // namespace

int runBenchCommand(const BenchCommand& command)
{
    BenchOptions options;
    options.mode = command.full ? "full" : "quick";
    options.sizes = command.full ? BenchSizes::full() : BenchSizes::quick();
    options.dataDirectory = command.data;
    options.parts = command.parts;
    std::ofstream svg;
    if (!command.svg.empty()) { // tried before minutes are spent
        svg.open(command.svg, std::ios::binary | std::ios::trunc);
        if (!svg)
            return failed(
                {ErrorCode::Configuration, "the plot cannot be written to " + command.svg.string() +
                                               "; name a file in a directory that is there and writable"});
    }
    const auto report = runUntilStopped(options);
    if (!report) {
        if (svg.is_open()) {
            svg.close();
            std::error_code ignored;
            std::filesystem::remove(command.svg, ignored); // empty
        }
        return failed(report.error());
    }
    std::printf("%s\n", (command.json ? benchJson(*report) : benchTable(*report)).c_str());
    if (svg.is_open() && !(svg << benchSvg(*report) << std::flush))
        return failed({ErrorCode::DiskFull,
                       "the plot could not be written to " + command.svg.string() + "; is the disk full?"});
    return kOk;
}

} // namespace app
