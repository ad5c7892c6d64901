#include "backend/embedded/files.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace backend {
namespace fs = std::filesystem;
namespace {

bool giveTo(const std::optional<ProcessIdentity>& owner, int fd)
{
    return !owner || fchown(fd, owner->user, owner->group) == 0;
}

// All of `from` into the empty `to`: shared blocks, else copied inside the kernel, else by hand.
bool copyContent(int from, int to)
{
    if (ioctl(to, FICLONE, from) == 0) return true;
    while (true) {
        const ssize_t copied = copy_file_range(from, nullptr, to, nullptr, std::size_t(1) << 30, 0);
        if (copied == 0) return true;
        if (copied > 0 || errno == EINTR) continue;
        if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return false;
        break;
    }
    std::vector<char> buffer(std::size_t(256) * 1024);
    while (true) {
        const ssize_t got = read(from, buffer.data(), buffer.size());
        if (got <= 0) return got == 0;
        for (ssize_t done = 0; done < got;) {
            const ssize_t put = write(to, buffer.data() + done, std::size_t(got - done));
            if (put < 0) return false;
            done += put;
        }
    }
}

Result<void> copyFile(const fs::path& from, const fs::path& to, const std::optional<ProcessIdentity>& owner)
{
    const FileDescriptor source(open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!source) return fail(fileError("cannot be read", from, errno));
    struct stat status
    {
    };
    if (fstat(source.get(), &status) != 0) return fail(fileError("cannot be read", from, errno));
    const FileDescriptor target(
        open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status.st_mode & 0777U));
    if (!target || !copyContent(source.get(), target.get()) || !giveTo(owner, target.get()))
        return fail(fileError("cannot be written", to, errno));
    return {};
}

} // namespace

void FileDescriptor::close()
{
    if (m_fd >= 0) ::close(std::exchange(m_fd, -1));
}

Error fileError(std::string_view whatHappened, const fs::path& path, int errorNumber)
{
    const bool full = errorNumber == ENOSPC || errorNumber == EDQUOT || errorNumber == EFBIG;
    std::string message = path.string() + " " + std::string(whatHappened) + " (" +
                          std::generic_category().message(errorNumber) + "): ";
    message += full ? "free some disk space or choose another directory."
                    : "check that it exists and that you may use it, or choose another directory.";
    return {full ? ErrorCode::DiskFull : ErrorCode::Configuration, std::move(message), false};
}

Result<void> writeFile(const fs::path& file, std::string_view content,
                       const std::optional<ProcessIdentity>& owner)
{
    const FileDescriptor target(
        open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!target) return fail(fileError("cannot be written", file, errno));
    while (!content.empty()) {
        const ssize_t put = write(target.get(), content.data(), content.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail(fileError("cannot be written", file, errno));
        content.remove_prefix(std::size_t(put));
    }
    if (!giveTo(owner, target.get()))
        return fail(fileError("cannot be given to the servers' user", file, errno));
    return {};
}

std::string readFile(const fs::path& file)
{
    // By hand: a stream throws when a process ends while its file in /proc is read.
    const FileDescriptor source(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    std::string content;
    std::array<char, 4096> buffer{};
    while (source) {
        const ssize_t got = read(source.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        content.append(buffer.data(), std::size_t(got));
    }
    return content;
}

Result<void> makeDirectory(const fs::path& directory, const std::optional<ProcessIdentity>& owner)
{
    if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return fail(fileError("cannot be made", directory, errno));
    if (owner && lchown(directory.c_str(), owner->user, owner->group) != 0)
        return fail(fileError("cannot be given to the servers' user", directory, errno));
    return {};
}

Result<void> renamePath(const fs::path& from, const fs::path& to)
{
    if (std::rename(from.c_str(), to.c_str()) != 0) return fail(fileError("cannot be made", to, errno));
    return {};
}

Result<void> copyTree(const fs::path& from, const fs::path& to, const std::optional<ProcessIdentity>& owner)
{
    if (mkdir(to.c_str(), 0700) != 0) return fail(fileError("cannot be made", to, errno));
    if (owner && lchown(to.c_str(), owner->user, owner->group) != 0)
        return fail(fileError("cannot be given to the servers' user", to, errno));
    std::error_code error;
    fs::directory_iterator at(from, error), end;
    for (; !error && at != end; at.increment(error)) {
        const fs::path target = to / at->path().filename();
        if (at->is_directory(error))
            ROOKERY_TRY(copyTree(at->path(), target, owner));
        else if (!error)
            ROOKERY_TRY(copyFile(at->path(), target, owner));
    }
    if (error) return fail(fileError("cannot be read", from, error.value()));
    return {};
}

void removeTree(const fs::path& path) noexcept
{
    std::error_code ignored;
    fs::remove_all(path, ignored);
}

} // namespace backend
