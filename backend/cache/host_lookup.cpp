#include "backend/cache/host_lookup.h"

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <thread>

namespace backend {
namespace {

struct Found
{
    int status = 0;
    std::vector<HostAddress> addresses;
};

Found resolve(const std::string& host, const std::string& port, int flags)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    Found found;
    found.status = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
    if (found.status != 0) return found;
    for (const addrinfo* entry = list; entry; entry = entry->ai_next) {
        HostAddress address;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        address.length = entry->ai_addrlen;
        found.addresses.push_back(address);
    }
    freeaddrinfo(list);
    return found;
}

struct Question
{
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<Found> answer;
};

} // namespace

Result<std::vector<HostAddress>> lookUpHost(const std::string& host, const std::string& port,
                                            Deadline deadline)
{
    if (auto numeric = resolve(host, port, AI_NUMERICHOST | AI_NUMERICSERV); numeric.status == 0)
        return std::move(numeric.addresses);
    // The resolver may block for many seconds and cannot be interrupted: it gets a thread that owns all it
    // touches, and that thread is left behind when the deadline comes first.
    const auto question = std::make_shared<Question>();
    std::thread([question, host, port] {
        auto found = resolve(host, port, AI_NUMERICSERV);
        const std::lock_guard lock(question->mutex);
        question->answer = std::move(found);
        question->answered.notify_one();
    }).detach();
    std::unique_lock lock(question->mutex);
    if (!question->answered.wait_until(lock, deadline.at(), [&] { return question->answer.has_value(); }))
        return fail(ErrorCode::DeadlineExceeded,
                    "looking up the host " + host + " took too long; check the resolver", true);
    if (question->answer->status != 0)
        return fail(ErrorCode::Unavailable,
                    "the host " + host + " was not found (" + gai_strerror(question->answer->status) +
                        "); check its name",
                    true);
    return std::move(question->answer->addresses);
}

} // namespace backend
