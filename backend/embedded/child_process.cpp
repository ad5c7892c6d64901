#include "backend/embedded/child_process.h"

#include "backend/embedded/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace backend {
namespace {

using namespace std::chrono_literals;

std::optional<ProcessIdentity> identityOf(const passwd* entry)
{
    if (!entry) return std::nullopt;
    ProcessIdentity identity{entry->pw_name, entry->pw_uid, entry->pw_gid, {}};
    int count = 32;
    identity.groups.resize(std::size_t(count));
    if (getgrouplist(entry->pw_name, entry->pw_gid, identity.groups.data(), &count) < 0) count = 0;
    identity.groups.resize(std::size_t(count));
    return identity;
}

// Everything below runs between fork and exec: only calls that are safe there. The system calls are made
// directly, because glibc's wrappers try to change the identity of all threads of a process.
int dropPrivileges(const ProcessIdentity& identity)
{
    if (syscall(SYS_setgroups, identity.groups.size(), identity.groups.data()) != 0) return errno;
    if (syscall(SYS_setresgid, identity.group, identity.group, identity.group) != 0) return errno;
    if (syscall(SYS_setresuid, identity.user, identity.user, identity.user) != 0) return errno;
    return 0;
}

void resetSignals()
{
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2, SIGXFSZ})
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

struct ChildArguments
{
    char* const* command;
    char* const* environment;
    const char* workingDirectory;
    const ProcessIdentity* identity;
    int input, output, report, deathSignal, niceness;
    pid_t parent;
};

int becomeProgram(const ChildArguments& child)
{
    resetSignals();
    setpgid(0, 0); // Ctrl-C in a terminal is for the program, which then ends its servers in order
    if (child.identity)
        if (const int error = dropPrivileges(*child.identity)) return error;
    if (prctl(PR_SET_PDEATHSIG, child.deathSignal) != 0)
        return errno; // after the change of user, which clears it
    if (getppid() != child.parent) return ESRCH;
    if (chdir(child.workingDirectory) != 0) return errno;
    if (dup2(child.input, 0) < 0 || dup2(child.output, 1) < 0 || dup2(child.output, 2) < 0) return errno;
    // The report descriptor closes itself at exec; everything else that is open belongs to the program.
    if (dup2(child.report, 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) != 0) return errno;
    if (syscall(SYS_close_range, 4U, ~0U, 0U) != 0)
        for (int fd = 4; fd < 65'536; ++fd)
            close(fd);
    umask(077);
    std::ignore = nice(child.niceness); // never fails downwards
    execve(child.command[0], child.command, child.environment);
    return errno;
}

[[noreturn]] void runChild(const ChildArguments& child)
{
    const int error = becomeProgram(child);
    if (write(child.report, &error, sizeof error) < 0 && write(3, &error, sizeof error) < 0) _exit(126);
    _exit(127);
}

} // namespace

std::optional<ProcessIdentity> ProcessIdentity::ofName(const char* name)
{
    return identityOf(getpwnam(name));
}

bool ProcessIdentity::named(uid_t user)
{
    return getpwuid(user) != nullptr;
}

std::optional<ProcessIdentity> ProcessIdentity::ofUser(uid_t user)
{
    if (auto known = identityOf(getpwuid(user))) return known;
    return ProcessIdentity{"user " + std::to_string(user), user, gid_t(user), {}};
}

Result<pid_t> launchProcess(const ProcessPlan& plan)
{
    const std::string& program = plan.command.front();
    FileDescriptor input(open(plan.input.c_str(), O_RDONLY | O_CLOEXEC));
    if (!input) return fail(fileError("cannot be read", plan.input, errno));
    FileDescriptor output(
        open(plan.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND | O_NOFOLLOW, 0600));
    if (!output) return fail(fileError("cannot be written", plan.output, errno));
    if (plan.identity && fchown(output.get(), plan.identity->user, plan.identity->group) != 0)
        return fail(fileError("cannot be given to the servers' user", plan.output, errno));
    std::array<int, 2> pipeEnds{};
    if (pipe2(pipeEnds.data(), O_CLOEXEC) != 0) return fail(fileError("cannot be started", program, errno));
    FileDescriptor reportReader(pipeEnds[0]), reportWriter(pipeEnds[1]);

    std::vector<char*> command;
    for (const auto& argument : plan.command)
        command.push_back(const_cast<char*>(argument.c_str()));
    command.push_back(nullptr);
    // Only what servers need: PGDATA, locale and loader settings of the person's shell are not for them.
    std::array<std::string, 3> settings{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
    std::array<char*, 4> environment{settings[0].data(), settings[1].data(), settings[2].data(), nullptr};
    const ChildArguments child{command.data(),
                               environment.data(),
                               plan.workingDirectory.c_str(),
                               plan.identity ? &*plan.identity : nullptr,
                               input.get(),
                               output.get(),
                               reportWriter.get(),
                               plan.deathSignal,
                               plan.niceness,
                               getpid()};
    const pid_t pid = fork();
    if (pid < 0) return fail(fileError("cannot be started", program, errno));
    if (pid == 0) runChild(child);
    reportWriter.close();
    int error = 0;
    ssize_t got = 0;
    while ((got = read(reportReader.get(), &error, sizeof error)) < 0 && errno == EINTR) {
    }
    if (got <= 0) return pid; // exec closed the pipe
    waitpid(pid, nullptr, 0);
    return fail(fileError("cannot be started", program, error));
}

Result<int> runProcess(const ProcessPlan& plan, Deadline deadline, const std::stop_token& stop)
{
    ROOKERY_ASSIGN(const pid_t pid, launchProcess(plan));
    int status = 0;
    while (true) {
        const pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid) break;
        if (ended < 0 && errno != EINTR) return fail(fileError("was lost", plan.command.front(), errno));
        if (deadline.expired() || stop.stop_requested()) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            if (stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Starting the private servers was cancelled.");
            return fail(ErrorCode::DeadlineExceeded,
                        plan.command.front() + " did not finish in time; see " + plan.output.string() + ".",
                        true);
        }
        std::this_thread::sleep_for(2ms);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool reapProcess(pid_t pid)
{
    const pid_t ended = waitpid(pid, nullptr, WNOHANG);
    return ended == pid || (ended < 0 && errno == ECHILD);
}

bool reapProcessUntil(pid_t pid, Deadline deadline)
{
    while (!reapProcess(pid)) {
        if (deadline.expired()) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

int accessAs(const std::optional<ProcessIdentity>& identity, const std::filesystem::path& directory, int mode)
{
    const char* path = directory.c_str();
    if (!identity) return access(path, mode) == 0 ? 0 : errno;
    const ProcessIdentity& user = *identity;
    const pid_t pid = fork();
    if (pid < 0) return errno;
    if (pid == 0) {
        int error = dropPrivileges(user);
        if (!error && access(path, mode) != 0) error = errno;
        _exit(error);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : EACCES;
}

namespace {

bool isServerOf(const std::filesystem::path& process, const std::filesystem::path& workingDirectory,
                std::string_view comm, std::string_view token)
{
    if (readFile(process / "comm") != std::string(comm) + "\n") return false;
    std::error_code error;
    const auto where = std::filesystem::read_symlink(process / "cwd", error);
    if (!error) return where == workingDirectory || where == workingDirectory.string() + " (deleted)";
    if (error != std::errc::permission_denied) return false;
    // Without the right to look (root in many containers): the title, or the arguments before a title is set.
    const std::string commandLine = readFile(process / "cmdline");
    return commandLine.find(token) != std::string::npos ||
           commandLine.find(workingDirectory.string() + '\0') != std::string::npos ||
           commandLine.find(workingDirectory.string() + '/') != std::string::npos;
}

} // namespace

// Its name, in parentheses, may hold anything.
ProcessStat statOf(pid_t process)
{
    const auto text = readFile("/proc/" + std::to_string(process) + "/stat");
    std::istringstream in(text.substr(std::min(text.size(), text.rfind(')') + 1)));
    ProcessStat out;
    return in >> out.state >> out.parent ? out : ProcessStat();
}

std::vector<pid_t> allProcesses()
{
    std::vector<pid_t> found;
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
         at.increment(error)) {
        const std::string name = at->path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos)
            found.push_back(pid_t(std::stol(name)));
    }
    return found;
}

std::vector<pid_t> serverProcesses(const std::filesystem::path& workingDirectory, std::string_view comm,
                                   std::string_view token)
{
    std::vector<pid_t> found;
    for (const pid_t process : allProcesses())
        if (isServerOf("/proc/" + std::to_string(process), workingDirectory, comm, token))
            found.push_back(process);
    return found;
}

ForkThread::ForkThread()
    : m_thread([this](const std::stop_token& stop) { run(stop); })
{
}

ForkThread::~ForkThread()
{
    m_thread.request_stop();
    m_thread.join(); // before the members that it uses
}

Result<pid_t> ForkThread::launch(const ProcessPlan& plan)
{
    std::packaged_task<Result<pid_t>()> job([&plan] { return launchProcess(plan); });
    auto launched = job.get_future();
    {
        const std::lock_guard lock(m_mutex);
        m_jobs.push_back(std::move(job));
    }
    m_wake.notify_one();
    return launched.get();
}

void ForkThread::run(const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    while (m_wake.wait(lock, stop, [this] { return !m_jobs.empty(); })) {
        auto job = std::move(m_jobs.front());
        m_jobs.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
}

} // namespace backend
