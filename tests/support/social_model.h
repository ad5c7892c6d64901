// What users did, kept in memory by the test itself: the expectation that pages are held against. One thread.
#pragma once

#include "backend/domain/feed.h"

#include <map>
#include <set>
#include <vector>

namespace tests {

class SocialModel
{
public:
    void created(backend::UserId user) { m_following[user]; }
    void followed(backend::UserId follower, backend::UserId followee)
    {
        m_following[follower].insert(followee);
        m_kept[follower].erase(followee);
    }
    void unfollowed(backend::UserId follower, backend::UserId followee)
    {
        m_following[follower].erase(followee);
    }
    // What is there by now stays.
    void unfollowedKeeping(backend::UserId follower, backend::UserId followee)
    {
        if (m_following[follower].erase(followee) > 0 && !m_posts.empty())
            m_kept[follower][followee] = m_posts.rbegin()->first;
    }
    void posted(const backend::Post& post) { m_posts[post.id] = post; }
    void deleted(backend::PostId post) { m_posts.erase(post); }
    void gone(backend::UserId user) // the account was deleted
    {
        m_following.erase(user);
        for (auto& [other, followees] : m_following)
            followees.erase(user);
        std::erase_if(m_posts, [user](const auto& one) { return one.second.author == user; });
    }

    std::vector<backend::UserId> users() const
    {
        std::vector<backend::UserId> out;
        for (const auto& [user, followees] : m_following)
            out.push_back(user);
        return out;
    }
    bool follows(backend::UserId follower, backend::UserId followee) const
    {
        return m_following.at(follower).contains(followee);
    }
    // Newest first.
    std::vector<backend::PostId> home(backend::UserId reader) const
    {
        std::vector<backend::PostId> out;
        const auto& followees = m_following.at(reader);
        const auto kept = m_kept.find(reader);
        for (auto it = m_posts.rbegin(); it != m_posts.rend(); ++it) {
            const auto author = it->second.author;
            if (author == reader || followees.contains(author) ||
                (kept != m_kept.end() && kept->second.contains(author) &&
                 it->first <= kept->second.at(author)))
                out.push_back(it->first);
        }
        return out;
    }
    std::vector<backend::PostId> by(backend::UserId author) const
    {
        std::vector<backend::PostId> out;
        for (auto it = m_posts.rbegin(); it != m_posts.rend(); ++it)
            if (it->second.author == author) out.push_back(it->first);
        return out;
    }
    std::vector<backend::PostId> everything() const
    {
        std::vector<backend::PostId> out;
        for (auto it = m_posts.rbegin(); it != m_posts.rend(); ++it)
            out.push_back(it->first);
        return out;
    }
    backend::Counters counters(backend::UserId user) const
    {
        backend::Counters out;
        out.following = std::int64_t(m_following.at(user).size());
        for (const auto& [other, followees] : m_following)
            out.followers += followees.contains(user);
        out.posts = std::int64_t(by(user).size());
        return out;
    }
    const std::map<backend::PostId, backend::Post>& posts() const { return m_posts; }

private:
    std::map<backend::UserId, std::set<backend::UserId>> m_following;
    std::map<backend::UserId, std::map<backend::UserId, backend::PostId>> m_kept; // up to which post
    std::map<backend::PostId, backend::Post> m_posts;                             // alive
};

} // namespace tests
