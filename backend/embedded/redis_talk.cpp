#include "backend/embedded/redis_talk.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace backend {
namespace fs = std::filesystem;

std::optional<RedisTalk> RedisTalk::open(const fs::path& socket)
{
    FileDescriptor opened(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = socket.string();
    if (!opened || name.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    if (connect(opened.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return std::nullopt;
    return RedisTalk(std::move(opened));
}

bool RedisTalk::say(std::string_view command)
{
    const std::string bytes = std::string(command) + "\r\n"; // short: a fresh socket takes it whole
    return send(m_socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size());
}

bool RedisTalk::readMore(Deadline deadline)
{
    while (!m_closed) {
        std::array<char, 4096> buffer{};
        const ssize_t got = recv(m_socket.get(), buffer.data(), buffer.size(), 0);
        if (got > 0) {
            m_unread.append(buffer.data(), std::size_t(got));
            return true;
        }
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (deadline.expired()) return false;
            pollfd waiting{m_socket.get(), POLLIN, 0};
            poll(&waiting, 1, int(deadline.remaining().count()) + 1);
            continue;
        }
        m_closed = true;
    }
    return false;
}

std::optional<std::string> RedisTalk::line(Deadline deadline)
{
    std::size_t end = 0;
    while ((end = m_unread.find("\r\n")) == std::string::npos)
        if (!readMore(deadline)) return std::nullopt;
    std::string text = m_unread.substr(0, end);
    m_unread.erase(0, end + 2);
    return text;
}

std::optional<std::string> RedisTalk::bulk(Deadline deadline)
{
    const auto head = line(deadline);
    std::size_t length = 0;
    if (!head || !head->starts_with('$') ||
        std::from_chars(head->data() + 1, head->data() + head->size(), length).ec != std::errc())
        return std::nullopt;
    while (m_unread.size() < length + 2)
        if (!readMore(deadline)) return std::nullopt;
    std::string text = m_unread.substr(0, length);
    m_unread.erase(0, length + 2);
    return text;
}

} // namespace backend
