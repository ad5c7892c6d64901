// A program with private servers, for embedded_test to start as somebody else, to kill, and to run out of
// disk. Prints "error CODE SENTENCE", or "directory PATH", "node NAME PID ADDRESS" lines and "ready"; then it
// lives until its standard input ends, stops the servers and prints "stopped".

#include "backend/embedded/embedded_servers.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>

namespace {

struct Arguments
{
    backend::EmbeddedOptions options;
    long fileSizeLimit = 0;
    long tmpfsMegabytes = 0;
};

// Its own mount namespace: the small disk goes with the process.
bool mountSmallDisk(const std::string& directory, long megabytes)
{
    const std::string size = "size=" + std::to_string(megabytes) + "m";
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           mount("tmpfs", directory.c_str(), "tmpfs", 0, size.c_str()) == 0;
}

bool limitFileSize(long bytes)
{
    signal(SIGXFSZ, SIG_IGN); // so that a write fails instead of ending the process
    const rlimit limit{rlim_t(bytes), rlim_t(bytes)};
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

int serve(const backend::EmbeddedOptions& options)
{
    auto servers =
        backend::EmbeddedServers::start(options, backend::Deadline::after(std::chrono::seconds(60)));
    if (!servers) {
        std::cout << "error " << backend::toString(servers.error().code) << ' ' << servers.error().message
                  << std::endl;
        return 1;
    }
    std::cout << "directory " << (*servers)->directory().string() << '\n';
    for (const auto& node : (*servers)->nodes())
        std::cout << "node " << node.name << ' ' << node.pid << ' ' << node.address << '\n';
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "pause")
            for (const auto& node : (*servers)->nodes())
                if (!(*servers)->pauseNode(node.name)) return 1;
        std::cout << "done " << line << std::endl;
    }
    (*servers)->stop();
    std::cout << "stopped" << std::endl;
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    Arguments arguments;
    CLI::App app("Private servers for a test");
    app.add_option("--data", arguments.options.dataDirectory);
    app.add_option("--postgres", arguments.options.postgresNodes);
    app.add_option("--redis", arguments.options.redisNodes);
    app.add_option("--file-size-limit", arguments.fileSizeLimit);
    app.add_option("--small-disk", arguments.tmpfsMegabytes);
    CLI11_PARSE(app, argc, argv);
    if (arguments.tmpfsMegabytes > 0 &&
        !mountSmallDisk(arguments.options.dataDirectory, arguments.tmpfsMegabytes)) {
        std::cout << "cannot-mount" << std::endl;
        return 3;
    }
    if (arguments.fileSizeLimit > 0 && !limitFileSize(arguments.fileSizeLimit)) return 3;
    return serve(arguments.options);
}
