#include "tests/integration/deeds.h"

#include "tests/support/demo_session.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sstream>
#include <unistd.h>

using namespace backend;

namespace tests {
namespace {

std::string text(std::int64_t number)
{
    return std::to_string(number);
}

// Newest first, at most `most`, by pages of 50.
std::vector<TimelineEntry> pages(const std::function<Result<TimelinePage>(const PageQuery&)>& read,
                                 std::size_t most)
{
    std::vector<TimelineEntry> all;
    PageQuery query{.before = {}, .after = {}, .limit = 50};
    do {
        const auto page = take(read(query));
        all.insert(all.end(), page.entries.begin(), page.entries.end());
        query.before = page.next;
    } while (query.before && all.size() < most);
    return all;
}

} // namespace

Deeds::Deeds(const std::string& file)
    : m_file(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600))
{
    if (m_file < 0) std::abort();
}

Deeds::~Deeds()
{
    ::close(m_file);
}

void Deeds::note(const std::string& line) const
{
    const std::string whole = line + "\n";
    if (::write(m_file, whole.data(), whole.size()) != ssize_t(whole.size())) std::abort();
}

bool Deeds::post(Feed& feed, UserId author, const std::string& body, PostId* made)
{
    note("post? " + text(author.value) + " " + body);
    const auto post = feed.post(author, body, soon());
    if (!post) return false;
    note("post " + text(author.value) + " " + body + " " + text(post->id.value));
    if (made) *made = post->id;
    return true;
}

bool Deeds::remove(Feed& feed, PostId post)
{
    note("delete? " + text(post.value));
    if (!feed.deletePost(post, soon())) return false;
    note("delete " + text(post.value));
    return true;
}

bool Deeds::follow(Feed& feed, UserId follower, UserId followee)
{
    note("edge? " + text(follower.value) + " " + text(followee.value));
    if (!feed.follow(follower, followee, soon())) return false;
    note("follow " + text(follower.value) + " " + text(followee.value));
    return true;
}

bool Deeds::unfollow(Feed& feed, UserId follower, UserId followee)
{
    note("edge? " + text(follower.value) + " " + text(followee.value));
    if (!feed.unfollow(follower, followee, soon())) return false;
    note("unfollow " + text(follower.value) + " " + text(followee.value));
    return true;
}

bool Deeds::join(Feed& feed, const std::string& handle, UserId* made)
{
    note("join? " + handle);
    const auto user = feed.createUser({handle, "Passing"}, soon());
    if (!user) return false;
    *made = user->id;
    note("join " + handle + " " + text(user->id.value));
    return true;
}

bool Deeds::leave(Feed& feed, UserId user)
{
    note("leave? " + text(user.value));
    if (!feed.deleteUser(user, soon())) return false;
    note("leave " + text(user.value));
    return true;
}

void DeedsModel::read(const std::string& file)
{
    std::ifstream in(file);
    in.seekg(std::streamoff(m_readTo));
    for (std::string line; std::getline(in, line);) {
        m_readTo += line.size() + 1;
        readLine(line);
    }
}

void DeedsModel::readLine(const std::string& line)
{
    std::istringstream in(line);
    std::string word, body;
    std::int64_t first = 0, second = 0;
    in >> word;
    if (word == "join" || word == "join?") in >> body;
    if (word != "join?") in >> first;
    if (word == "post?" || word == "post") in >> body;
    if (word == "post" || word == "edge?" || word == "follow" || word == "unfollow") in >> second;
    if (word == "join?") {
        m_joinsInDoubt.insert(body);
    } else if (word == "join") {
        m_joinsInDoubt.erase(body);
        m_model.created(UserId{first});
    } else if (word == "leave?") {
        m_leavesInDoubt.insert(UserId{first});
    } else if (word == "leave") {
        m_leavesInDoubt.erase(UserId{first});
        m_model.gone(UserId{first});
    } else if (word == "post?") {
        m_postsInDoubt.emplace(first, body);
    } else if (word == "post") {
        m_postsInDoubt.erase({first, body});
        m_model.posted({PostId{second}, UserId{first}, body});
    } else if (word == "delete?") {
        m_deletesInDoubt.insert(PostId{first});
    } else if (word == "delete") {
        m_deletesInDoubt.erase(PostId{first});
        m_model.deleted(PostId{first});
    } else if (word == "edge?") {
        m_edgesInDoubt.emplace(first, second);
    } else {
        m_edgesInDoubt.erase({first, second});
        if (word == "follow")
            m_model.followed(UserId{first}, UserId{second});
        else
            m_model.unfollowed(UserId{first}, UserId{second});
    }
}

// Whoever has the handle has all the rest.
std::string DeedsModel::settleJoins(Feed& feed)
{
    std::string wrong;
    for (const auto& handle : m_joinsInDoubt) {
        const auto user = feed.userByHandle(handle, soon());
        if (!user && user.error().code == ErrorCode::NotFound) continue;
        const auto profile = user ? feed.profile(*user, soon()) : Result<Profile>(fail(user.error()));
        if (!profile || profile->user.handle != handle)
            wrong += "the user " + handle + " has a handle and nothing else\n";
        else
            m_model.created(*user);
    }
    m_joinsInDoubt.clear();
    return wrong;
}

void DeedsModel::settleLeaves(Feed& feed)
{
    for (const auto user : m_leavesInDoubt)
        if (const auto profile = feed.profile(user, soon());
            !profile && profile.error().code == ErrorCode::NotFound)
            m_model.gone(user);
    m_leavesInDoubt.clear();
}

std::string DeedsModel::settlePosts(Feed& feed, UserId author)
{
    std::string wrong;
    const auto found =
        pages([&](const PageQuery& query) { return feed.authorPage(author, query, soon()); }, 1'000'000);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto& entry = found[i];
        if (i > 0 && found[i - 1].id <= entry.id)
            wrong += "post " + text(entry.id.value) + " stands twice or out of order\n";
        if (m_model.posts().contains(entry.id)) continue;
        if (m_postsInDoubt.contains({author.value, entry.body}))
            m_model.posted({entry.id, author, entry.body});
        else
            wrong += "post " + text(entry.id.value) + " was deleted, or nobody wrote it\n";
    }
    for (const auto id : m_model.by(author)) {
        if (std::any_of(found.begin(), found.end(), [&](const auto& entry) { return entry.id == id; }))
            continue;
        if (m_deletesInDoubt.contains(id))
            m_model.deleted(id);
        else
            wrong += "post " + text(id.value) + " was acknowledged and is lost\n";
    }
    return wrong;
}

std::string DeedsModel::settleEdges(Feed& feed, UserId follower)
{
    std::string wrong;
    std::set<UserId> found;
    for (const auto& user : take(feed.following(follower, {}, 1'000, soon())).users)
        found.insert(user.id);
    for (const auto user : m_model.users()) {
        const bool now = found.contains(user), expected = m_model.follows(follower, user);
        if (now == expected) continue;
        if (!m_edgesInDoubt.contains({follower.value, user.value}))
            wrong += "user " + text(follower.value) + (now ? " still follows " : " no longer follows ") +
                     text(user.value) + "\n";
        else if (now)
            m_model.followed(follower, user);
        else
            m_model.unfollowed(follower, user);
    }
    return wrong;
}

std::string DeedsModel::compareReader(Feed& feed, UserId reader, bool wholly) const
{
    std::string wrong;
    const std::size_t most = wholly ? 1'000'000 : 150;
    const auto entries =
        pages([&](const PageQuery& query) { return feed.homePage(reader, query, soon()); }, most);
    auto expected = m_model.home(reader);
    if (!wholly && expected.size() > entries.size() && entries.size() >= most)
        expected.resize(entries.size());
    std::vector<PostId> found;
    for (const auto& entry : entries)
        found.push_back(entry.id);
    if (found != expected) {
        wrong += "home page of " + text(reader.value) + ": " + text(std::int64_t(found.size())) +
                 " entries, expected " + text(std::int64_t(expected.size()));
        for (const auto id : expected)
            if (std::find(found.begin(), found.end(), id) == found.end())
                wrong += ", without " + text(id.value);
        for (const auto id : found)
            if (std::find(expected.begin(), expected.end(), id) == expected.end())
                wrong += ", with " + text(id.value);
        wrong += "\n";
    }
    const auto counters = take(feed.counters(reader, soon())), right = m_model.counters(reader);
    if (counters.posts != right.posts || counters.followers != right.followers ||
        counters.following != right.following)
        wrong += "counters of " + text(reader.value) + ": " + text(counters.posts) + " posts, " +
                 text(counters.followers) + " followers, " + text(counters.following) +
                 " following; expected " + text(right.posts) + ", " + text(right.followers) + ", " +
                 text(right.following) + "\n";
    return wrong;
}

std::string DeedsModel::compare(Feed& feed)
{
    std::string wrong = settleJoins(feed);
    settleLeaves(feed);
    const auto users = m_model.users();
    for (const auto user : users)
        wrong += settlePosts(feed, user) + settleEdges(feed, user);
    m_postsInDoubt.clear();
    m_deletesInDoubt.clear();
    m_edgesInDoubt.clear();
    for (const auto user : users)
        wrong += compareReader(feed, user, user == users.front());
    return wrong;
}

std::vector<PostId> DeedsModel::newest(std::size_t count) const
{
    auto all = m_model.everything();
    all.resize(std::min(all.size(), count));
    return all;
}

} // namespace tests
