// File work of the private servers: every failure becomes a sentence with the path and what to do. Any
// thread.
#pragma once

#include "backend/common/result.h"
#include "backend/embedded/child_process.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace backend {

class FileDescriptor
{
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd)
        : m_fd(fd)
    {
    }
    FileDescriptor(FileDescriptor&& other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    FileDescriptor& operator=(FileDescriptor&& other) noexcept
    {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~FileDescriptor() { close(); }
    explicit operator bool() const { return m_fd >= 0; }
    int get() const { return m_fd; }
    void close();

private:
    int m_fd = -1;
};

// "PATH <what happened>: <reason>; <what to do>." A full disk, quota or file size limit is DiskFull.
Error fileError(std::string_view whatHappened, const std::filesystem::path& path, int errorNumber);

[[nodiscard]] Result<void> writeFile(const std::filesystem::path& file, std::string_view content,
                                     const std::optional<ProcessIdentity>& owner = {});
std::string readFile(const std::filesystem::path& file); // "" when it cannot be read
[[nodiscard]] Result<void> makeDirectory(const std::filesystem::path& directory,
                                         const std::optional<ProcessIdentity>& owner = {}); // 0700, may exist
[[nodiscard]] Result<void> renamePath(const std::filesystem::path& from, const std::filesystem::path& to);

// Copies a directory tree (sharing blocks where the file system can) with its modes; `to` must not exist.
[[nodiscard]] Result<void> copyTree(const std::filesystem::path& from, const std::filesystem::path& to,
                                    const std::optional<ProcessIdentity>& owner = {});
void removeTree(const std::filesystem::path& path) noexcept;

} // namespace backend
