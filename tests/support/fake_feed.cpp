// Feed of FakeEngine: users, edges and pages as they were set.
#include "tests/support/fake_engine.h"
#include "tests/support/fake_values.h"

#include <algorithm>

namespace tests {

using namespace fake_values;
using namespace std::chrono_literals;

// --- script

void FakeEngine::addUser(const backend::User& user, const backend::Counters& counters, bool warm)
{
    const std::scoped_lock lock(m_mutex);
    m_users[user.id] = Member{user, counters, warm, {}, {}, {}, {}};
}

void FakeEngine::setHome(backend::UserId reader, std::vector<backend::TimelineEntry> newestFirst)
{
    const std::scoped_lock lock(m_mutex);
    m_users.at(reader).home = std::move(newestFirst);
}

void FakeEngine::setAuthor(backend::UserId author, std::vector<backend::TimelineEntry> newestFirst)
{
    const std::scoped_lock lock(m_mutex);
    m_users.at(author).author = std::move(newestFirst);
}

void FakeEngine::setFollowers(backend::UserId user, std::vector<backend::User> ascending)
{
    const std::scoped_lock lock(m_mutex);
    m_users.at(user).followers = std::move(ascending);
}

void FakeEngine::setFollowing(backend::UserId user, std::vector<backend::User> ascending)
{
    const std::scoped_lock lock(m_mutex);
    m_users.at(user).following = std::move(ascending);
}

// --- calls

backend::Result<backend::User> FakeEngine::createUser(const backend::NewUser& user, Deadline)
{
    ROOKERY_TRY(change("createUser", user.handle));
    return backend::User{backend::UserId{backend::makeRawId(1, 0, 0)}, user.handle, user.displayName, now()};
}

backend::Result<backend::Post> FakeEngine::post(backend::UserId author, std::string_view body, Deadline)
{
    ROOKERY_TRY(change("post", text(author.value)));
    return backend::Post{backend::PostId{backend::makeRawId(2, author.shard(), 0)}, author,
                         std::string(body)};
}

backend::Result<void> FakeEngine::deletePost(backend::PostId post, Deadline)
{
    return change("deletePost", text(post.value));
}

backend::Result<void> FakeEngine::deleteUser(backend::UserId user, Deadline)
{
    return change("deleteUser", text(user.value));
}

backend::Result<void> FakeEngine::follow(backend::UserId follower, backend::UserId followee, Deadline)
{
    return change("follow", text(follower.value) + " " + text(followee.value));
}

backend::Result<void> FakeEngine::unfollow(backend::UserId follower, backend::UserId followee, Deadline)
{
    return change("unfollow", text(follower.value) + " " + text(followee.value));
}

// REQUIRES: m_mutex held.
backend::Result<backend::TimelinePage> FakeEngine::page(const std::vector<backend::TimelineEntry>& entries,
                                                        const backend::PageQuery& query) const
{
    backend::TimelinePage out;
    for (const auto& entry : entries) {
        if (query.before && entry.id >= *query.before) continue;
        if (query.after && entry.id <= *query.after) continue;
        if (int(out.entries.size()) == query.limit) {
            out.next = out.entries.back().id;
            break;
        }
        out.entries.push_back(entry);
        out.partial = out.partial || entry.bodyMissing;
    }
    return out;
}

backend::Result<backend::TimelinePage> FakeEngine::homePage(backend::UserId reader,
                                                            const backend::PageQuery& query, Deadline)
{
    if (auto error = enter("homePage", text(reader.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(reader);
    if (found == m_users.end())
        return backend::fail(backend::ErrorCode::NotFound, "no user " + text(reader.value));
    return page(found->second.home, query);
}

backend::Result<backend::TimelinePage> FakeEngine::authorPage(backend::UserId author,
                                                              const backend::PageQuery& query, Deadline)
{
    if (auto error = enter("authorPage", text(author.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(author);
    if (found == m_users.end())
        return backend::fail(backend::ErrorCode::NotFound, "no user " + text(author.value));
    return page(found->second.author, query);
}

backend::Result<backend::TimelinePage> FakeEngine::publicPage(const backend::PageQuery& query, Deadline)
{
    if (auto error = enter("publicPage")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return page({}, query);
}

backend::Result<backend::Profile> FakeEngine::profile(backend::UserId user, Deadline)
{
    if (auto error = enter("profile", text(user.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(user);
    if (found == m_users.end())
        return backend::fail(backend::ErrorCode::NotFound, "no user " + text(user.value));
    return backend::Profile{found->second.user, found->second.counters, found->second.warm, now() - 1h};
}

backend::Result<backend::Counters> FakeEngine::counters(backend::UserId user, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto found, profile(user, deadline));
    return found.counters;
}

backend::Result<backend::UserId> FakeEngine::userByHandle(std::string_view handle, Deadline)
{
    if (auto error = enter("userByHandle", std::string(handle))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    for (const auto& [id, member] : m_users)
        if (member.user.handle == handle) return id;
    return backend::fail(backend::ErrorCode::NotFound, "no user with the handle " + std::string(handle));
}

backend::Result<std::vector<backend::User>> FakeEngine::searchUsers(std::string_view prefix, int limit,
                                                                    Deadline)
{
    if (auto error = enter("searchUsers", std::string(prefix))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    std::vector<backend::User> out;
    for (const auto& [id, member] : m_users)
        if (member.user.handle.starts_with(prefix) || text(id.value) == prefix) out.push_back(member.user);
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.handle < b.handle; });
    if (int(out.size()) > limit) out.resize(std::size_t(limit));
    return out;
}

backend::EdgePage FakeEngine::edges(const std::vector<backend::User>& all, backend::UserId after, int limit)
{
    const auto begin = std::upper_bound(all.begin(), all.end(), after, // there may be a million
                                        [](backend::UserId a, const auto& user) { return a < user.id; });
    const auto end = begin + std::min<std::ptrdiff_t>(limit, all.end() - begin);
    backend::EdgePage out;
    out.users.assign(begin, end);
    if (end != all.end()) out.next = out.users.back().id;
    return out;
}

backend::Result<backend::EdgePage> FakeEngine::followers(backend::UserId user, backend::UserId after,
                                                         int limit, Deadline)
{
    if (auto error = enter("followers", text(user.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(user);
    return found == m_users.end() ? backend::EdgePage{} : edges(found->second.followers, after, limit);
}

backend::Result<backend::EdgePage> FakeEngine::following(backend::UserId user, backend::UserId after,
                                                         int limit, Deadline)
{
    if (auto error = enter("following", text(user.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(user);
    return found == m_users.end() ? backend::EdgePage{} : edges(found->second.following, after, limit);
}

} // namespace tests
