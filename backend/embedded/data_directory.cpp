#include "backend/embedded/data_directory.h"

#include "backend/common/log.h"
#include "backend/embedded/leftovers.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <thread>
#include <unistd.h>

namespace backend {
namespace fs = std::filesystem;
namespace {

constexpr auto kLockName = "rookery.lock";
constexpr auto kTemporaryPrefix = "rookery-run-";
constexpr auto kSocketsPrefix = "rookery-sockets-";
constexpr auto kRemovalPatience = std::chrono::milliseconds(400);
constexpr std::size_t kLongestSocketPath = 107;
// An initialised PostgreSQL node takes 46 MB, its first write-ahead log and catalogs of 64 shards about as
// much again.
constexpr std::int64_t kBytesPerPostgresNode = 96LL << 20;

fs::path temporaryRoot()
{
    std::error_code error;
    const fs::path root = fs::temp_directory_path(error);
    return error ? fs::path("/tmp") : root;
}

Result<fs::path> makeUnique(const fs::path& root, const char* prefix)
{
    std::string pattern = (root / (std::string(prefix) + "XXXXXX")).string();
    if (!mkdtemp(pattern.data())) return fail(fileError("cannot be written", root, errno));
    return fs::path(pattern);
}

std::string holderOf(const fs::path& lockFile)
{
    const std::string pid = readFile(lockFile);
    const auto digits = pid.find_first_not_of("0123456789");
    return pid.empty() || digits == 0 ? "another program" : "process " + pid.substr(0, digits);
}

// Opens and locks; in use: an empty descriptor.
Result<FileDescriptor> lockFile(const fs::path& file)
{
    FileDescriptor lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) return fail(fileError("cannot be written", file, errno));
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return fail(fileError("cannot be locked", file, errno));
        return FileDescriptor();
    }
    return lock;
}

Result<void> writeHolder(const FileDescriptor& lock, const fs::path& file)
{
    const std::string pid = std::to_string(getpid()) + "\n";
    if (ftruncate(lock.get(), 0) != 0 || pwrite(lock.get(), pid.data(), pid.size(), 0) != ssize_t(pid.size()))
        return fail(fileError("cannot be written", file, errno));
    return {};
}

bool ownedBy(const fs::path& path, uid_t user)
{
    struct stat status
    {
    };
    return lstat(path.c_str(), &status) == 0 && status.st_uid == user && !S_ISLNK(status.st_mode);
}

// Characters that mean nothing to libpq's host list, PostgreSQL's directory list or a redis:// style address.
bool plainPath(const std::string& path)
{
    return std::all_of(path.begin(), path.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '/' || c == '.' || c == '-' || c == '_' || c == ' ' || c == '+';
    });
}

fs::path distantSockets(const fs::path& directory)
{
    const fs::path named = readFile(directory / "sockets-at");
    const bool ours = named.parent_path() == "/tmp" && named.filename().string().starts_with(kSocketsPrefix);
    return ours ? named : fs::path();
}

// The lock goes last: as long as it is there, a later start recognises what could not be removed, because a
// dying server was still writing.
void removeLocked(const fs::path& directory) noexcept
{
    const fs::path lock = directory / kLockName;
    for (int round = 0; round < 20; ++round) {
        std::error_code error;
        bool left = false;
        for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
            if (at->path() == lock) continue;
            removeTree(at->path());
            left = left || fs::exists(at->path(), error);
        }
        if (!left && !error) return removeTree(directory);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

void removeStale(const fs::path& directory)
{
    const fs::path file = directory / kLockName;
    if (!ownedBy(file, geteuid())) return; // somebody else's, or just being made
    const auto lock = lockFile(file);
    if (!lock || !*lock) return;
    endServersIn(directory);
    if (const fs::path sockets = distantSockets(directory); !sockets.empty()) removeTree(sockets);
    removeLocked(directory);
}

} // namespace

Result<DataDirectory> DataDirectory::open(const fs::path& wanted)
{
    DataDirectory made;
    ROOKERY_TRY(wanted.empty() ? made.makeTemporary() : made.takeKept(wanted));
    auto ready = made.requireAccess();
    if (ready) {
        endServersIn(made.m_path);
        ready = made.makeSockets();
    }
    if (!ready) {
        made.remove();
        return fail(std::move(ready.error()));
    }
    return made;
}

Result<void> DataDirectory::makeTemporary()
{
    m_temporary = true;
    ROOKERY_TRY(requireIdentity());
    const fs::path root = temporaryRoot();
    ROOKERY_ASSIGN(m_path, makeUnique(root, kTemporaryPrefix));
    m_path = fs::canonical(m_path);
    // Locked before it has its name: whoever finds the name finds it locked as long as this program lives.
    const fs::path unnamed = m_path / "lock-in-making";
    ROOKERY_ASSIGN(m_lock, lockFile(unnamed));
    ROOKERY_TRY(writeHolder(m_lock, unnamed));
    ROOKERY_TRY(renamePath(unnamed, m_path / kLockName));
    return makeDirectory(m_path, m_identity);
}

Result<void> DataDirectory::takeKept(const fs::path& wanted)
{
    std::error_code error;
    const bool existed = fs::exists(wanted, error);
    if (!existed) fs::create_directories(wanted, error);
    if (error) return fail(fileError("cannot be made", wanted, error.value()));
    m_path = fs::canonical(wanted, error);
    if (error) return fail(fileError("cannot be read", wanted, error.value()));
    const fs::path file = m_path / kLockName;
    const bool ours = fs::exists(file, error);
    if (error) return fail(fileError("cannot be read", file, error.value()));
    const bool empty = !ours && fs::is_empty(m_path, error);
    if (error) return fail(fileError("cannot be read", m_path, error.value()));
    if (!ours && !empty)
        return fail(ErrorCode::Configuration,
                    m_path.string() +
                        " holds other files: choose an empty directory for the private servers.");
    ROOKERY_ASSIGN(m_lock, lockFile(file));
    if (!m_lock)
        return fail(ErrorCode::Conflict, m_path.string() + " is in use by " + holderOf(file) +
                                             ": end that program first or choose another directory.");
    ROOKERY_TRY(writeHolder(m_lock, file));
    ROOKERY_TRY(requireIdentity());
    if (empty && m_identity) ROOKERY_TRY(makeDirectory(m_path, m_identity));
    return {};
}

Result<void> DataDirectory::requireIdentity()
{
    if (geteuid() != 0) {
        if (ProcessIdentity::named(geteuid())) return {};
        return fail(ErrorCode::Configuration, "PostgreSQL does not start for a user without a name (" +
                                                  std::to_string(geteuid()) +
                                                  "): start as a user that /etc/passwd lists.");
    }
    struct stat status
    {
    };
    if (!m_temporary && stat((m_path / "pg-1").c_str(), &status) == 0 && status.st_uid != 0)
        m_identity = ProcessIdentity::ofUser(status.st_uid);
    else
        m_identity = ProcessIdentity::ofName("postgres");
    if (m_identity) return {};
    return fail(ErrorCode::Configuration,
                "There is no system user \"postgres\" to run the private servers as: install "
                "PostgreSQL with \"apt-get install postgresql\" or start as an ordinary user.");
}

Result<void> DataDirectory::requireAccess() const
{
    if (const int problem = accessAs(m_identity, m_path, R_OK | W_OK | X_OK); problem == 0)
        return {};
    else if (!m_identity)
        return fail(fileError("cannot be written", m_path, problem));
    return fail(ErrorCode::Configuration,
                "The private servers run as the user " + m_identity->name + ", who cannot enter and write " +
                    m_path.string() +
                    ": choose a directory that this user can reach, such as one in /var/tmp.");
}

Result<void> DataDirectory::makeSockets()
{
    if (const fs::path old = distantSockets(m_path);
        !old.empty() && ownedBy(old, m_identity ? m_identity->user : geteuid()))
        removeTree(old);
    m_sockets = m_path / "sockets";
    removeTree(m_sockets); // left by a killed program
    const std::string longest = (m_sockets / "redis-4096.sock.").string();
    if (longest.size() > kLongestSocketPath || !plainPath(longest)) {
        ROOKERY_ASSIGN(m_sockets, makeUnique("/tmp", kSocketsPrefix));
        ROOKERY_TRY(writeFile(m_path / "sockets-at", m_sockets.string(), m_identity));
    }
    return makeDirectory(m_sockets, m_identity);
}

int DataDirectory::nodeCount(const std::string& prefix) const
{
    int count = 0;
    std::error_code error;
    while (fs::is_directory(m_path / (prefix + std::to_string(count + 1)), error))
        ++count;
    return count;
}

Result<void> DataDirectory::requireSpace(int newPostgresNodes) const
{
    struct statvfs status
    {
    };
    if (statvfs(m_path.c_str(), &status) != 0) return fail(fileError("cannot be read", m_path, errno));
    const std::int64_t free = std::int64_t(status.f_bavail) * std::int64_t(status.f_frsize);
    const std::int64_t needed = newPostgresNodes * kBytesPerPostgresNode + (16LL << 20);
    if (free >= needed) return {};
    return fail(ErrorCode::DiskFull,
                "The disk that holds " + m_path.string() + " has " + std::to_string(free >> 20) +
                    " MB left and the private servers need " + std::to_string(needed >> 20) +
                    " MB: free some disk space or choose another directory.");
}

// Gigabytes of a long demo take their time to go, more than a stop may. So a process of its own removes them,
// the lock last, which outlives this program if it must; what it does not finish is recognised at the next
// start.
void DataDirectory::remove() noexcept
{
    if (!m_sockets.empty()) removeTree(m_sockets);
    if (!m_temporary || m_path.empty()) return;
    try {
        ProcessPlan plan;
        plan.command = {"/bin/sh", "-c", "rm -rf -- \"$@\" && rm -rf -- \"$0\"", m_path.string()};
        for (const auto& entry : fs::directory_iterator(m_path))
            if (entry.path().filename() != kLockName) plan.command.push_back(entry.path().string());
        plan.workingDirectory = "/";
        plan.output = "/dev/null";
        plan.deathSignal = 0;
        if (const auto pid = launchProcess(plan))
            reapProcessUntil(*pid, Deadline::after(kRemovalPatience));
        else
            removeLocked(m_path);
    } catch (const std::exception& error) {
        log::warning("Removing " + m_path.string() + " failed: " + error.what());
    }
}

void removeStaleTemporaryDirectories() noexcept
{
    try {
        std::error_code error;
        for (fs::directory_iterator at(temporaryRoot(), error), end; !error && at != end; at.increment(error))
            if (at->path().filename().string().starts_with(kTemporaryPrefix)) removeStale(at->path());
    } catch (const std::exception&) {
        // Another program may be cleaning the same directories; what stays is found at the next start.
    }
}

} // namespace backend
