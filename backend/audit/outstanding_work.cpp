#include "backend/audit/outstanding_work.h"

#include "backend/domain/task.h"

#include <cstdlib>
#include <string>

namespace backend {
namespace {

template <class Id>
std::string asTexts(std::span<const Id> ids)
{
    std::vector<std::string> texts;
    for (const auto id : ids)
        texts.push_back(std::to_string(id.value));
    return sqlArray(texts);
}

} // namespace

Result<OutstandingWork> outstandingWork(SqlSession& sql, const SqlPools& pools, std::span<const PostId> posts,
                                        std::span<const UserId> readers, Deadline deadline)
{
    // By the payload's text: one that cannot be read must not fail the look at the others. Reclaiming only
    // tidies up.
    static const std::string kPost = "substring(payload from '\"post\":([0-9]+)')",
                             kReader = "substring(payload from '\"(?:follower|reader)\":([0-9]+)')";
    static const std::string kStatement = "SELECT " + kPost + ", " + kReader +
                                          " FROM queue.tasks WHERE kind <> $3::int AND (" + kPost +
                                          " = ANY($1::text[]) OR " + kReader + " = ANY($2::text[]))";
    OutstandingWork out;
    const SqlParameters parameters{asTexts(posts), asTexts(readers),
                                   sqlParameter(int(TaskKind::ReclaimChunk))};
    for (const auto& [node, pool] : pools.all()) {
        ROOKERY_ASSIGN(auto* connection, sql.connection(node, deadline));
        ROOKERY_ASSIGN(const auto rows, connection->execute(kStatement, parameters, deadline));
        for (std::size_t r = 0; r < rows.size(); ++r) {
            if (!rows.isNull(r, 0))
                out.posts.insert(PostId{std::strtoll(std::string(rows.text(r, 0)).c_str(), nullptr, 10)});
            if (!rows.isNull(r, 1))
                out.readers.insert(UserId{std::strtoll(std::string(rows.text(r, 1)).c_str(), nullptr, 10)});
        }
    }
    return out;
}

} // namespace backend
