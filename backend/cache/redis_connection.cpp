#include "backend/cache/redis_connection.h"

#include "backend/cache/away_nodes.h"
#include "backend/cache/redis_encoding.h"
#include "backend/cache/redis_errors.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace backend {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

struct ReplyDeleter
{
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

// False when the reply is an error or holds one; `text` is then the error.
bool convert(const redisReply& from, RedisReply& to, std::string& text)
{
    switch (from.type) {
    case REDIS_REPLY_ERROR:
        text.assign(from.str, std::size_t(from.len));
        return false;
    case REDIS_REPLY_INTEGER:
        to.type = RedisReply::Type::Integer;
        to.integer = from.integer;
        return true;
    case REDIS_REPLY_NIL:
        return true;
    case REDIS_REPLY_ARRAY:
        to.type = RedisReply::Type::Array;
        to.elements.resize(from.elements);
        for (std::size_t i = 0; i < from.elements; ++i)
            if (!convert(*from.element[i], to.elements[i], text)) return false;
        return true;
    default:
        to.type = RedisReply::Type::Text;
        if (from.str) to.text.assign(from.str, std::size_t(from.len));
        return true;
    }
}

void quickenTcp(int socket)
{
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

std::string fieldOf(std::string_view info, std::string_view name)
{
    const auto start = info.find(name);
    if (start == std::string_view::npos) return {};
    const auto value = info.substr(start + name.size());
    return std::string(value.substr(0, value.find_first_of("\r\n")));
}

} // namespace

void RedisConnection::ReaderDeleter::operator()(redisReader* reader) const noexcept
{
    redisReaderFree(reader);
}

RedisConnection::RedisConnection(NodeEndpoint endpoint, const RedisClientOptions& options)
    : m_endpoint(std::move(endpoint))
    , m_options(options)
    , m_traffic(options.traffic ? options.traffic->of(m_endpoint.id) : nullptr)
    , m_silence(options.silence ? options.silence->of(m_endpoint.id) : nullptr)
    , m_address(parseRedisAddress(m_endpoint.address))
{
    if (!m_address) m_address.error().message = m_endpoint.name + ": " + m_address.error().message;
}

RedisConnection::~RedisConnection()
{
    close();
}

std::string RedisConnection::described() const
{
    return m_address ? m_endpoint.name + " at " + m_address->shown() : m_endpoint.name;
}

Error RedisConnection::lost(std::string_view what, int errorNumber) const
{
    const std::string why = errorNumber ? " (" + std::generic_category().message(errorNumber) + ")" : "";
    return {ErrorCode::Unavailable,
            described() + ": " + std::string(what) + why + "; check that the server runs and can be reached",
            true};
}

bool RedisConnection::usable()
{
    if (m_socket < 0) return false;
    char byte = 0;
    const bool quiet =
        recv(m_socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (!m_greeted || !quiet || m_reader->pos != m_reader->len) close();
    return m_socket >= 0;
}

void RedisConnection::close()
{
    if (m_socket >= 0) ::close(m_socket);
    m_socket = -1;
    m_greeted = false;
    m_reader.reset();
    m_candidates.clear();
    m_runId.clear();
    m_clientId = 0;
    m_scripts.clear();
}

Result<void> RedisConnection::findAddresses(Deadline deadline)
{
    if (!m_address->local()) {
        auto found = lookUpHost(m_address->host, m_address->port, deadline);
        if (!found) {
            found.error().message = m_endpoint.name + ": " + found.error().message;
            return fail(std::move(found.error()));
        }
        m_candidates.assign(found->rbegin(), found->rend());
        return {};
    }
    HostAddress address;
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    m_address->path.copy(local.sun_path, sizeof local.sun_path - 1);
    std::memcpy(&address.storage, &local, sizeof local);
    address.length = sizeof local;
    m_candidates = {address};
    return {};
}

Result<void> RedisConnection::beginConnect(Deadline deadline)
{
    close();
    if (!m_address) return fail(m_address.error());
    ROOKERY_TRY(findAddresses(deadline));
    m_reader.reset(redisReaderCreate());
    if (!m_reader) return fail(ErrorCode::Internal, "no memory for the connection to " + m_endpoint.name);
    return connectNext();
}

Result<void> RedisConnection::connectNext()
{
    int why = 0;
    while (!m_candidates.empty()) {
        const auto address = m_candidates.back();
        m_candidates.pop_back();
        if (m_socket >= 0) ::close(m_socket);
        m_socket = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (m_socket < 0) return fail(lost("no socket could be made", errno));
        if (!m_address->local()) quickenTcp(m_socket);
        if (::connect(m_socket, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0 ||
            errno == EINPROGRESS)
            return {};
        why = errno;
    }
    return fail(lost("no connection", why));
}

Result<bool> RedisConnection::finishConnect()
{
    int status = 0;
    socklen_t length = sizeof status;
    getsockopt(m_socket, SOL_SOCKET, SO_ERROR, &status, &length);
    if (status == 0) return true;
    if (m_candidates.empty()) return fail(lost("no connection", status));
    ROOKERY_TRY(connectNext());
    return false;
}

std::string RedisConnection::greeting() const
{
    using Words = std::vector<std::string_view>;
    std::string out;
    const auto& address = *m_address;
    const std::string database = std::to_string(address.database);
    if (!address.user.empty())
        appendRedisCommand(out, Words{"AUTH", address.user, address.password});
    else if (!address.password.empty())
        appendRedisCommand(out, Words{"AUTH", address.password});
    if (address.database) appendRedisCommand(out, Words{"SELECT", database});
    appendRedisCommand(out, Words{"CLIENT", "ID"});
    appendRedisCommand(out, Words{"INFO", "server"});
    appendRedisCommand(out, Words{"CLIENT", "SETNAME", m_options.name});
    return out;
}

std::size_t RedisConnection::greetingReplies() const
{
    return 3 + (m_address->user.empty() && m_address->password.empty() ? 0 : 1) +
           (m_address->database ? 1 : 0);
}

Result<void> RedisConnection::acceptGreeting(const std::vector<Result<RedisReply>>& replies,
                                             Deadline deadline)
{
    // The name, sent last, is for whoever reads CLIENT LIST; everything else is needed.
    for (std::size_t i = 0; i + 1 < replies.size(); ++i)
        if (!replies[i]) return fail(replies[i].error());
    m_clientId = replies[replies.size() - 3]->integer;
    m_runId = fieldOf(replies[replies.size() - 2]->text, "\nrun_id:");
    if (m_runId.empty())
        return fail(ErrorCode::Unavailable,
                    described() + " does not tell its run_id (INFO server); is it a Redis server?");
    // Only now it bears its name: whoever ends the connections of that name from here on ends this one, too,
    // and what was ended before is known to who is asked. Asked any earlier, a process that was stopped on
    // its way here would go on unseen.
    if (m_options.mayConnect) ROOKERY_TRY(m_options.mayConnect(deadline));
    m_greeted = true;
    return {};
}

Result<std::size_t> RedisConnection::send(std::string_view bytes)
{
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto n = ::send(m_socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += std::size_t(n);
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        else if (n < 0 && errno != EINTR)
            return fail(lost("the connection broke while sending", errno));
    }
    if (m_traffic) m_traffic->sentBytes.fetch_add(std::int64_t(sent), std::memory_order_relaxed);
    return sent;
}

Result<bool> RedisConnection::receive()
{
    std::array<char, kReadBytes> bytes;
    const auto n = ::recv(m_socket, bytes.data(), bytes.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
    if (n < 0) return fail(lost("the connection broke while reading", errno));
    if (n == 0) return fail(lost("the server closed the connection"));
    if (m_traffic) m_traffic->receivedBytes.fetch_add(n, std::memory_order_relaxed);
    if (m_silence) m_silence->answered();
    if (redisReaderFeed(m_reader.get(), bytes.data(), std::size_t(n)) != REDIS_OK)
        return fail(lost(m_reader->errstr));
    return true;
}

RedisConnection::Received RedisConnection::next()
{
    Received out;
    void* raw = nullptr;
    if (redisReaderGetReply(m_reader.get(), &raw) != REDIS_OK) {
        out.failure = lost(std::string("its answer is not Redis' protocol: ") + m_reader->errstr);
        return out;
    }
    if (!raw) return out;
    const std::unique_ptr<redisReply, ReplyDeleter> reply(static_cast<redisReply*>(raw));
    std::string text;
    out.reply.emplace();
    if (convert(*reply, **out.reply, text)) return out;
    out.unknownScript = isUnknownScript(text);
    auto error = redisReplyError(described(), text);
    if (mayBeAbleLater(error)) error.redisNode = m_endpoint.id;
    *out.reply = fail(std::move(error));
    return out;
}

std::optional<Error> RedisConnection::away() const
{
    return m_options.away ? m_options.away->why(m_endpoint.id) : std::nullopt;
}

void RedisConnection::noticeAway(Error& error) const
{
    error.redisNode = m_endpoint.id;
    if (m_options.away) m_options.away->notice(m_endpoint.id, error);
}

} // namespace backend
