#include "backend/common/task_payloads.h"

#include <nlohmann/json.hpp>

namespace backend {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestReason =
    200; // bytes: a parser quotes what it does not like, however long that is

template <class Payload, class Read>
Result<Payload> decodeWith(const std::string& text, Read read)
{
    try {
        return read(json::parse(text));
    } catch (const json::exception& e) {
        return fail(ErrorCode::Internal, std::string("a task's payload cannot be read: ") +
                                             std::string(e.what()).substr(0, kLongestReason));
    }
}

std::int64_t number(const json& object, const char* key)
{
    return object.at(key).get<std::int64_t>();
}

} // namespace

std::string encode(const PostPayload& payload)
{
    return "{\"post\":" + std::to_string(payload.post.value) +
           ",\"author\":" + std::to_string(payload.author.value) +
           (payload.split() ? ",\"split_us\":" + std::to_string(payload.splitUnixUs) : "") + "}";
}

std::string encode(const ChunkPayload& payload)
{
    return json{{"post", payload.post.value},
                {"author", payload.author.value},
                {"chunk", payload.chunk},
                {"after", payload.after.value},
                {"up_to", payload.upTo.value},
                {"expected", payload.expected},
                {"committed_us", payload.committedUnixUs}}
        .dump();
}

std::string encode(const EdgePayload& payload)
{
    return "{\"follower\":" + std::to_string(payload.follower.value) +
           ",\"followee\":" + std::to_string(payload.followee.value) +
           (payload.again ? ",\"again\":true}" : "}");
}

std::string encode(const UserPayload& payload)
{
    return json{{"user", payload.user.value}, {"handle", payload.handle}, {"name", payload.displayName}}
        .dump();
}

std::string encode(const ReaderPayload& payload)
{
    json object{{"reader", payload.reader.value}};
    if (payload.again) object["again"] = true;
    return object.dump();
}

std::string encode(const AccountPayload& payload)
{
    return json{{"account", payload.user.value}, {"phase", int(payload.phase)}, {"at", payload.at},
                {"edges", payload.edges},        {"posts", payload.posts},      {"round", payload.round}}
        .dump();
}

std::string encode(const PulledPayload& payload)
{
    return "{\"author\":" + std::to_string(payload.author.value) +
           ",\"merged_to\":" + std::to_string(payload.mergedTo.value) +
           ",\"after\":" + std::to_string(payload.after.value) +
           ",\"since_us\":" + std::to_string(payload.sinceUnixUs) + "}";
}

template <>
Result<PostPayload> decodePayload(const std::string& text)
{
    return decodeWith<PostPayload>(text, [](const json& o) {
        PostPayload payload{PostId{number(o, "post")}, UserId{number(o, "author")}};
        if (o.contains("split_us")) payload.splitUnixUs = number(o, "split_us");
        return payload;
    });
}

template <>
Result<ChunkPayload> decodePayload(const std::string& text)
{
    return decodeWith<ChunkPayload>(text, [](const json& o) {
        return ChunkPayload{PostId{number(o, "post")},  UserId{number(o, "author")}, o.at("chunk").get<int>(),
                            UserId{number(o, "after")}, UserId{number(o, "up_to")},  number(o, "expected"),
                            number(o, "committed_us")};
    });
}

template <>
Result<EdgePayload> decodePayload(const std::string& text)
{
    return decodeWith<EdgePayload>(text, [](const json& o) {
        return EdgePayload{UserId{number(o, "follower")}, UserId{number(o, "followee")}, o.contains("again")};
    });
}

template <>
Result<UserPayload> decodePayload(const std::string& text)
{
    return decodeWith<UserPayload>(text, [](const json& o) {
        return UserPayload{UserId{number(o, "user")}, o.at("handle").get<std::string>(),
                           o.at("name").get<std::string>()};
    });
}

template <>
Result<ReaderPayload> decodePayload(const std::string& text)
{
    return decodeWith<ReaderPayload>(text, [](const json& o) {
        return ReaderPayload{UserId{number(o, "reader")}, o.contains("again")};
    });
}

template <>
Result<AccountPayload> decodePayload(const std::string& text)
{
    return decodeWith<AccountPayload>(text, [](const json& o) {
        return AccountPayload{UserId{number(o, "account")},
                              AccountPayload::Phase(o.at("phase").get<int>()),
                              number(o, "at"),
                              number(o, "edges"),
                              number(o, "posts"),
                              o.at("round").get<int>()};
    });
}

template <>
Result<PostsPayload> decodePayload(const std::string& text)
{
    return decodeWith<PostsPayload>(text, [](const json& o) {
        return PostsPayload{UserId{number(o, "author")}, PostId{number(o, "from")}, PostId{number(o, "to")},
                            number(o, "count")};
    });
}

template <>
Result<PulledPayload> decodePayload(const std::string& text)
{
    return decodeWith<PulledPayload>(text, [](const json& o) {
        return PulledPayload{UserId{number(o, "author")}, PostId{number(o, "merged_to")},
                             UserId{number(o, "after")}, number(o, "since_us")};
    });
}

bool payloadReadable(const Task& task)
{
    switch (task.kind) {
    case TaskKind::UserCreated:
        return decodePayload<UserPayload>(task.payload).has_value();
    case TaskKind::PostCreated:
    case TaskKind::PostDeleted:
        return decodePayload<PostPayload>(task.payload).has_value();
    case TaskKind::DeliverChunk:
    case TaskKind::ReclaimChunk:
        return decodePayload<ChunkPayload>(task.payload).has_value();
    case TaskKind::EdgeChanged:
        return decodePayload<EdgePayload>(task.payload).has_value();
    case TaskKind::ReaderChanged:
        return decodePayload<ReaderPayload>(task.payload).has_value();
    case TaskKind::AccountDeleted:
        return decodePayload<AccountPayload>(task.payload).has_value();
    case TaskKind::PostsDeleted:
        return decodePayload<PostsPayload>(task.payload).has_value();
    case TaskKind::BackfillPulled:
        return decodePayload<PulledPayload>(task.payload).has_value();
    }
    return false;
}

} // namespace backend
