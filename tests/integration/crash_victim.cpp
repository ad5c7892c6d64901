// A process that runs a whole backend on a kept directory and works it hard until it is killed. Every
// acknowledged deed is written to a file (one line, one write) right after its acknowledgement. Usage:
// crash_victim DIRECTORY LOG SEED PUSH_THRESHOLD
#include "tests/support/demo_session.h"

#include <cstdio>
#include <fcntl.h>
#include <random>
#include <string>
#include <thread>
#include <unistd.h>

using namespace backend;
using namespace tests;

namespace {

void record(int log, const std::string& line)
{
    if (::write(log, line.data(), line.size()) != ssize_t(line.size())) std::abort();
}

void work(Feed& feed, const std::vector<UserId>& users, int log, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::vector<PostId> own;
    for (int i = 0;; ++i) {
        const UserId actor = users[random() % users.size()], other = users[random() % users.size()];
        const auto dice = random() % 10;
        if (dice < 2 && actor != other) {
            std::ignore = feed.follow(actor, other, soon());
        } else if (dice < 3 && actor != other) {
            std::ignore = feed.unfollow(actor, other, soon());
        } else if (dice < 4 && !own.empty()) {
            const auto post = own.back();
            own.pop_back();
            if (feed.deletePost(post, soon())) record(log, "deleted " + std::to_string(post.value) + "\n");
        } else if (dice < 5) {
            std::ignore = feed.homePage(actor, {}, soon());
        } else if (const auto post = feed.post(actor, "crash " + std::to_string(i), soon()); post) {
            own.push_back(post->id);
            record(log,
                   "posted " + std::to_string(post->id.value) + " " + std::to_string(actor.value) + "\n");
        }
    }
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 5) return 2;
    const auto session = openDemo({.dataDirectory = argv[1], .workload = false, .workers = 3});
    auto& feed = session->engine().feed();
    std::vector<UserId> users;
    for (int i = 0; i < 30; ++i) {
        const std::string handle = "user_" + std::to_string(i);
        if (const auto known = feed.userByHandle(handle, soon()))
            users.push_back(*known);
        else
            users.push_back(take(feed.createUser({handle, handle}, soon())).id);
    }
    take(session->engine().operations().setPushThreshold(*parsePushThreshold(argv[4]), soon()));
    const int log = ::open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0600);
    std::puts("working");
    std::fflush(stdout);
    const auto seed = std::uint64_t(std::stoull(argv[3]));
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 3; ++t)
        threads.emplace_back([&, t] { work(feed, users, log, seed * 10 + t); });
    threads.clear(); // never: the work goes on until the process is killed
    return 0;
}
