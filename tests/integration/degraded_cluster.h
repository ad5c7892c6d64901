// A cluster for tests of what happens while nodes are out of order: three PostgreSQL and four Redis nodes, an
// engine with workers, an author with 40 posts and two readers, all three with their rows on one node, their
// posts on another and the directory on the third. Owned by one test; its thread.
#pragma once

#include "backend/cache/redis_client.h"
#include "tests/integration/broken_nodes.h"
#include "tests/support/demo_session.h"

#include <QTemporaryDir>

#include <array>

namespace tests {

// What is out of order: the node of the users' rows, of their posts, of their timelines …
enum Broken { Users, Posts, Directory, TimelineNode, AllRedis };
inline constexpr std::array<const char*, 5> kBroken{"users", "posts", "directory", "timelines", "all Redis"};
inline constexpr std::array kAllBroken{Users, Posts, Directory, TimelineNode, AllRedis};
inline constexpr std::array<const char*, 3> kManners{"dead", "silent", "slow"};
inline constexpr std::array kAllManners{Manner::Dead, Manner::Silent, Manner::Slow};

class DegradedCluster
{
public:
    static constexpr int kElsewhere = 3; // posts of somebody on the directory's node

    DegradedCluster();

    backend::Engine& engine() { return session->engine(); }
    backend::Feed& feed() { return engine().feed(); }
    std::vector<std::string> nodesOf(int broken) const;
    int nodeId(const std::string& name) const { return m_cluster->node(name).id; }
    void breakNodes(int broken, Manner manner)
    {
        for (const auto& node : nodesOf(broken))
            m_broken->breakNode(node, manner);
    }
    void mend() { m_broken->mend(); }
    bool drained() { return drain(engine(), Servers::SomeAway); } // or just back

    backend::UserId userThere(const std::string& handle); // on the same nodes as the author
    backend::PostId post() { return take(feed().post(author, "a post", soon())).id; }
    // The timeline is complete down to `floor` only, as after a trim.
    void makeFloor(backend::UserId owner, backend::PostId floor);
    void forgetBodies(); // of the author's posts

    std::shared_ptr<app::OpenedSession> session;
    std::filesystem::path config;
    backend::UserId author, reader, shortReader; // the short one's timeline goes down to the 20th post only
    std::vector<backend::PostId> posts;          // ascending

private:
    QTemporaryDir m_place;
    std::unique_ptr<PrivateCluster> m_cluster;
    std::unique_ptr<BrokenNodes> m_broken;
    backend::UserLocation m_at; // of all three
};

} // namespace tests
