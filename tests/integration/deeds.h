// A file of what was asked of a backend and what it acknowledged, written by processes that may be killed at
// any line, and the model that follows from it. A deed is noted before it is asked for and again once it is
// acknowledged; between the two it is in doubt. One writer per author and edge at a time; one write per line.
#pragma once

#include "backend/engine.h"
#include "tests/support/social_model.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tests {

class Deeds
{
public:
    explicit Deeds(const std::string& file);
    ~Deeds();
    Deeds(const Deeds&) = delete;
    Deeds& operator=(const Deeds&) = delete;

    // Each asks the backend; true when it acknowledged.
    bool post(backend::Feed& feed, backend::UserId author, const std::string& body,
              backend::PostId* made = nullptr);
    bool remove(backend::Feed& feed, backend::PostId post);
    bool follow(backend::Feed& feed, backend::UserId follower, backend::UserId followee);
    bool unfollow(backend::Feed& feed, backend::UserId follower, backend::UserId followee);
    bool join(backend::Feed& feed, const std::string& handle, backend::UserId* made);
    bool leave(backend::Feed& feed, backend::UserId user); // for good

private:
    void note(const std::string& line) const;
    int m_file;
};

class DeedsModel
{
public:
    void created(backend::UserId user) { m_model.created(user); }
    // What was written to the file since the last time.
    void read(const std::string& file);
    // Looks what became of the deeds in doubt, then holds every page and counter against the model. Empty
    // when all is right, else what is not. Only when the queue is drained.
    std::string compare(backend::Feed& feed);
    std::vector<backend::PostId> newest(std::size_t count) const;
    std::vector<backend::PostId> home(backend::UserId reader) const
    {
        return m_model.home(reader);
    } // newest first
    std::vector<backend::PostId> by(backend::UserId author) const { return m_model.by(author); } // as above
    bool follows(backend::UserId follower, backend::UserId followee) const
    {
        return m_model.follows(follower, followee);
    }

private:
    void readLine(const std::string& line);
    std::string settleJoins(backend::Feed& feed);
    void settleLeaves(backend::Feed& feed);
    std::string settlePosts(backend::Feed& feed, backend::UserId author);
    std::string settleEdges(backend::Feed& feed, backend::UserId follower);
    std::string compareReader(backend::Feed& feed, backend::UserId reader, bool wholly) const;

    std::size_t m_readTo = 0;
    SocialModel m_model;
    std::set<std::pair<std::int64_t, std::string>> m_postsInDoubt; // author and body: a body is used once
    std::set<backend::PostId> m_deletesInDoubt;
    std::set<backend::UserId> m_leavesInDoubt;
    std::set<std::string> m_joinsInDoubt; // handles
    std::set<std::pair<std::int64_t, std::int64_t>> m_edgesInDoubt;
};

} // namespace tests
