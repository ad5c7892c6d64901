#include "backend/embedded/session_niceness.h"

#include "backend/embedded/child_process.h"
#include "backend/embedded/files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kInterval = 1s;
constexpr auto kBetweenWrites = 110ms; // Linux takes ten a second of those who are not root
constexpr int kTries = 5;

struct Session
{
    std::string name; // "/autogroup-1234"
    int niceness = 0;
};

std::string autogroupOf(pid_t process)
{
    return "/proc/" + std::to_string(process) + "/autogroup";
}

// Of "/autogroup-1234 nice 5".
std::optional<Session> sessionOf(const std::string& text)
{
    std::istringstream in(text);
    Session session;
    std::string nice;
    if (in >> session.name >> nice >> session.niceness && nice == "nice") return session;
    return {};
}

bool put(int file, int niceness, const std::stop_token& stop)
{
    const auto text = std::to_string(niceness);
    for (int tries = 0; tries < kTries && !stop.stop_requested(); ++tries) {
        if (write(file, text.data(), text.size()) == ssize_t(text.size())) return true;
        if (errno != EAGAIN) return false;
        std::this_thread::sleep_for(kBetweenWrites);
    }
    return false;
}

// Whether nothing is left to do for that process. One that was just forked is still in its parent's session,
// which may be this program's: that one is never changed.
bool settle(pid_t process, pid_t parent, const std::stop_token& stop)
{
    const int niceness = getpriority(PRIO_PROCESS, id_t(parent));
    const auto parents = sessionOf(readFile(autogroupOf(parent)));
    if (niceness <= 0 || !parents) return true;
    const FileDescriptor file(open(autogroupOf(process).c_str(), O_RDWR | O_CLOEXEC));
    if (!file) return true; // it ended, or is not ours to change
    std::string text(64, '\0');
    const auto got = read(file.get(), text.data(), text.size());
    const auto session = sessionOf(text.substr(0, got > 0 ? std::size_t(got) : 0));
    if (!session) return true;
    if (session->name == parents->name) return false;
    return session->niceness == niceness || put(file.get(), niceness, stop);
}

} // namespace

SessionNiceness::SessionNiceness(std::function<std::vector<pid_t>()> servers)
    : m_servers(std::move(servers))
    , m_thread("Niceness of the private servers", kInterval,
               [this](const std::stop_token& stop) { round(stop); })
{
}

void SessionNiceness::round(const std::stop_token& stop)
{
    const auto servers = m_servers();
    if (servers.empty()) return;
    std::set<pid_t> settled;
    for (const pid_t process : allProcesses()) {
        if (!m_settled.contains(process)) {
            const auto server = std::find(servers.begin(), servers.end(), statOf(process).parent);
            if (server != servers.end() && !settle(process, *server, stop)) continue;
        }
        settled.insert(process);
    }
    m_settled = std::move(settled); // those that ended are forgotten
}

} // namespace backend
