#include "backend/cache/objects.h"

#include <algorithm>
#include <charconv>
#include <random>

namespace backend {
namespace {

constexpr std::string_view kDeleted = "deleted"; // no post's or user's value: those begin with a number

// KEYS counters. ARGV version, value, life in ms. Versions are compared as text: a Lua number is exact only
// to 2^53.
const RedisScript& setIfNewer()
{
    static const RedisScript script(R"lua(
local old, new = string.match(redis.call('GET', KEYS[1]) or '', '^%d+'), ARGV[1]
if old and (#old > #new or (#old == #new and old >= new)) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
)lua");
    return script;
}

int nodeOf(const ShardMapSource& maps, int shard)
{
    const auto map = maps.current();
    return std::size_t(shard) < map->timelinesNode.size() ? map->timelinesNode[std::size_t(shard)] : -1;
}

std::string keyOf(int shard, std::string_view kind, std::int64_t id)
{
    return "{" + std::to_string(shard) + "}:" + std::string(kind) + ":" + std::to_string(id);
}
std::string keyOf(PostId post)
{
    return keyOf(post.shard(), "post", post.value);
}
std::string keyOf(UserId user)
{
    return keyOf(user.shard(), "user", user.value);
}
std::string countersKey(UserId user)
{
    return keyOf(user.shard(), "counters", user.value);
}

// The whole life less up to a fifth: what was written together does not expire together.
std::string jittered(std::chrono::seconds life)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto whole = std::chrono::duration_cast<Milliseconds>(life).count();
    return std::to_string(std::uniform_int_distribution<std::int64_t>(whole - whole / 5, whole)(random));
}
std::string exact(std::chrono::seconds life)
{
    return std::to_string(std::chrono::duration_cast<Milliseconds>(life).count());
}

// Takes the text up to the next space, or the rest.
std::string_view takeWord(std::string_view& text)
{
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    return word;
}
bool takeNumberWord(std::string_view& text, std::int64_t& number)
{
    const auto word = takeWord(text);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc() && end == word.data() + word.size();
}

CachedPost readPost(PostId id, const RedisReply& reply)
{
    CachedPost out;
    if (reply.isNil()) return out;
    std::string_view text = reply.text;
    if (text == kDeleted) {
        out.state = CachedPost::State::Deleted;
        return out;
    }
    if (!takeNumberWord(text, out.post.author.value)) return out;
    out.state = CachedPost::State::Present;
    out.post.id = id;
    out.post.body = text;
    return out;
}

CachedUser readUser(UserId id, const RedisReply& reply)
{
    CachedUser out;
    if (reply.isNil()) return out;
    std::string_view text = reply.text;
    if (text == kDeleted) {
        out.state = CachedUser::State::Deleted;
        return out;
    }
    std::int64_t createdAt = 0;
    if (!takeNumberWord(text, createdAt)) return out;
    out.state = CachedUser::State::Present;
    out.user.id = id;
    out.user.createdAt = TimePoint(std::chrono::microseconds(createdAt));
    out.user.handle = takeWord(text);
    out.user.displayName = text;
    return out;
}

} // namespace

Objects::Objects(const ShardMapSource& maps, ObjectTimes times)
    : m_maps(maps)
    , m_times(times)
{
}

void Objects::fillPost(RedisBatch& batch, const Post& post) const
{
    const std::string value = std::to_string(post.author.value) + " " + post.body;
    batch.add(nodeOf(m_maps, post.id.shard()),
              {"SET", keyOf(post.id), value, "NX", "PX", jittered(m_times.body)});
}

void Objects::tombstonePost(RedisBatch& batch, PostId post) const
{
    batch.add(nodeOf(m_maps, post.shard()), {"SET", keyOf(post), kDeleted, "PX", exact(m_times.unreclaimed)});
}

void Objects::tombstoneReclaimed(RedisBatch& batch, PostId post) const
{
    batch.add(nodeOf(m_maps, post.shard()), {"SET", keyOf(post), kDeleted, "PX", exact(m_times.tombstone)});
}

void Objects::fillUser(RedisBatch& batch, const User& user) const
{
    const std::string value = std::to_string(user.createdAt.time_since_epoch().count()) + " " + user.handle +
                              " " + user.displayName;
    batch.add(nodeOf(m_maps, user.id.shard()),
              {"SET", keyOf(user.id), value, "NX", "PX", jittered(m_times.body)});
}

void Objects::tombstoneUser(RedisBatch& batch, UserId user) const
{
    batch.add(nodeOf(m_maps, user.shard()), {"SET", keyOf(user), kDeleted, "PX", exact(m_times.tombstone)});
}

void Objects::dropCounters(RedisBatch& batch, UserId user) const
{
    batch.add(nodeOf(m_maps, user.shard()), {"UNLINK", countersKey(user)});
}

void Objects::setCounters(RedisBatch& batch, UserId user, const VersionedCounters& counters) const
{
    const std::string version = std::to_string(std::max<std::int64_t>(counters.version, 0));
    const auto& c = counters.counters;
    const std::string value = version + " " + std::to_string(c.followers) + " " +
                              std::to_string(c.following) + " " + std::to_string(c.posts);
    batch.addScript(nodeOf(m_maps, user.shard()), setIfNewer(), {countersKey(user)},
                    {version, value, exact(m_times.counters)});
}

std::pair<Objects::PostsRead, Objects::UsersRead> Objects::read(RedisClient& client,
                                                                std::span<const PostId> posts,
                                                                std::span<const UserId> users,
                                                                Deadline deadline) const
{
    RedisBatch batch(client);
    for (const auto id : posts)
        batch.add(nodeOf(m_maps, id.shard()), {"GET", keyOf(id)});
    for (const auto id : users)
        batch.add(nodeOf(m_maps, id.shard()), {"GET", keyOf(id)});
    std::ignore = batch.run(deadline); // judged reply by reply
    std::pair<PostsRead, UsersRead> out;
    auto& [postsRead, usersRead] = out;
    for (std::size_t i = 0; i < posts.size(); ++i) {
        const auto& reply = batch.reply(i);
        postsRead.posts.push_back(reply ? readPost(posts[i], *reply) : CachedPost{});
        postsRead.partial = postsRead.partial || !reply;
    }
    for (std::size_t i = 0; i < users.size(); ++i) {
        const auto& reply = batch.reply(posts.size() + i);
        usersRead.users.push_back(reply ? readUser(users[i], *reply) : CachedUser{});
        usersRead.partial = usersRead.partial || !reply;
    }
    return out;
}

Result<std::optional<VersionedCounters>> Objects::counters(RedisClient& client, UserId user,
                                                           Deadline deadline) const
{
    ROOKERY_ASSIGN(const auto reply,
                   client.command(nodeOf(m_maps, user.shard()), {"GET", countersKey(user)}, deadline));
    std::string_view text = reply.text;
    VersionedCounters out;
    auto& c = out.counters;
    if (reply.isNil() || !takeNumberWord(text, out.version) || !takeNumberWord(text, c.followers) ||
        !takeNumberWord(text, c.following) || !takeNumberWord(text, c.posts))
        return std::optional<VersionedCounters>();
    return std::optional(out);
}

} // namespace backend
