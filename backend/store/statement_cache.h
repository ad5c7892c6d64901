// Which statements of one connection are prepared on its server. A prepared statement saves the server its
// parsing and, from the sixth use on, its planning, but preparing it costs a round trip and the server's
// process 60 kB (measured: 128 of ours, 7.7 MB). A cluster has some statements for each logical shard, more
// than can be kept where a node holds hundreds of shards; a cache that keeps the latest would then prepare
// and drop one after the other and never use one twice. So a statement is prepared from its second use on,
// and in place of another only when it is used several times as often as that one. Owned by a
// PostgresConnection; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace backend {

class StatementCache
{
public:
    explicit StatementCache(std::size_t most);

    // To be called once for each use.
    void used(std::string_view sql);
    // Its name on the server; nullptr: it is not prepared.
    const std::string* nameOf(const std::string& sql) const;
    // Whether preparing it pays, by how often it was used lately.
    bool worthPreparing(const std::string& sql);
    // The name of the least used one, which add() takes out; empty: there is room.
    std::string toDrop() const;
    // Prepared now, under this name.
    void add(const std::string& sql, std::string name);
    void clear(); // of what is prepared; what was counted stays

    std::size_t size() const { return m_prepared.size(); }

private:
    using Prepared = std::unordered_map<std::string, std::string>; // name by text
    Prepared::const_iterator leastUsed() const;                    // the end: there is room
    std::uint32_t countOf(std::string_view sql) const;
    void halve();

    const std::size_t m_most;
    Prepared m_prepared;
    std::unordered_map<std::size_t, std::uint32_t> m_counts; // uses by the text's hash
    std::uint32_t m_least = 0;                               // no prepared one was used less often
    std::uint32_t m_sinceHalving = 0;
};

} // namespace backend
