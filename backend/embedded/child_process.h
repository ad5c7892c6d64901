// Child processes that die with this program: fork with a death signal, drop privileges, exec. No shell,
// nothing inherited but the three standard streams. Free functions: any thread, but see ForkThread.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace backend {

// The system user that children run as when this program is root.
struct ProcessIdentity
{
    std::string name;
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;

    static std::optional<ProcessIdentity> ofName(const char* name);
    static std::optional<ProcessIdentity> ofUser(uid_t user);
    static bool named(uid_t user);
};

struct ProcessPlan
{
    std::vector<std::string> command; // the program's absolute path first
    std::filesystem::path workingDirectory;
    std::filesystem::path input = "/dev/null";
    std::filesystem::path output; // standard output and error, truncated
    std::optional<ProcessIdentity> identity;
    int deathSignal = 9; // sent by the kernel when the forking thread ends
    int niceness = 0;    // added to that of the forking thread
};

// Returns the child's pid once exec succeeded; the caller reaps it.
[[nodiscard]] Result<pid_t> launchProcess(const ProcessPlan& plan);

// Runs a helper to its end: its exit code. It is killed at the deadline or when stop is requested.
[[nodiscard]] Result<int> runProcess(const ProcessPlan& plan, Deadline deadline, const std::stop_token& stop);

// True once the child has ended and was reaped (or was never ours).
bool reapProcess(pid_t pid);
bool reapProcessUntil(pid_t pid, Deadline deadline);

// Whether that user could enter the directory and write there (0), or the errno.
int accessAs(const std::optional<ProcessIdentity>& identity, const std::filesystem::path& directory,
             int mode);

std::vector<pid_t> allProcesses(); // of everybody

struct ProcessStat
{
    char state = 0;   // as ps shows it: 'T' is stopped
    pid_t parent = 0; // 0: it has ended
};
ProcessStat statOf(pid_t process);

// The servers of that comm name whose working directory is `workingDirectory`, or, where /proc does not show
// it, whose command line contains `token`. Zombies are not among them.
std::vector<pid_t> serverProcesses(const std::filesystem::path& workingDirectory, std::string_view comm,
                                   std::string_view token);

// A death signal fires when the *thread* that forked ends, so servers are forked by this one, which lives as
// long as its owner. launch() may be called from any thread.
class ForkThread
{
public:
    ForkThread();
    ~ForkThread();
    [[nodiscard]] Result<pid_t> launch(const ProcessPlan& plan);

private:
    void run(const std::stop_token& stop);

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<std::packaged_task<Result<pid_t>()>> m_jobs;
    std::jthread m_thread;
};

} // namespace backend
