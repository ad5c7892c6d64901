// A few words with a private Redis node over its socket, without a driver: is it ready, what does it say of
// itself, save and end. Every call returns by its deadline. One thread at a time.
#pragma once

#include "backend/common/deadline.h"
#include "backend/embedded/files.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace backend {

class RedisTalk
{
public:
    [[nodiscard]] static std::optional<RedisTalk> open(const std::filesystem::path& socket);

    // One command without arguments that hold spaces.
    bool say(std::string_view command);
    // The next line without its end; empty when none came in time or the node has closed the connection.
    std::optional<std::string> line(Deadline deadline);
    // A reply of the kind "$<length>": its bytes.
    std::optional<std::string> bulk(Deadline deadline);
    // Whether the node has closed the connection; only after everything it said was read.
    bool closed() const { return m_closed; }

private:
    explicit RedisTalk(FileDescriptor socket)
        : m_socket(std::move(socket))
    {
    }
    bool readMore(Deadline deadline);

    FileDescriptor m_socket;
    std::string m_unread;
    bool m_closed = false;
};

} // namespace backend
