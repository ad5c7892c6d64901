// The words for enumerations, in one place.
#include "backend/domain/balance.h"
#include "backend/domain/cluster.h"
#include "backend/domain/error.h"
#include "backend/domain/explanation.h"
#include "backend/domain/fanout_policy.h"
#include "backend/domain/feed_failures.h"
#include "backend/domain/orphans.h"
#include "backend/domain/task.h"
#include "backend/domain/timeline_audit.h"
#include "backend/domain/timeline_comparison.h"

#include <algorithm>
#include <charconv>

namespace backend {

std::string_view toString(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
        return "invalid_argument";
    case ErrorCode::NotFound:
        return "not_found";
    case ErrorCode::Conflict:
        return "conflict";
    case ErrorCode::ReadOnly:
        return "read_only";
    case ErrorCode::Overloaded:
        return "overloaded";
    case ErrorCode::DeadlineExceeded:
        return "deadline_exceeded";
    case ErrorCode::Unavailable:
        return "unavailable";
    case ErrorCode::StaleShardMap:
        return "stale_shard_map";
    case ErrorCode::SchemaTooNew:
        return "schema_too_new";
    case ErrorCode::Configuration:
        return "configuration";
    case ErrorCode::Unauthorized:
        return "unauthorized";
    case ErrorCode::DiskFull:
        return "disk_full";
    case ErrorCode::Cancelled:
        return "cancelled";
    case ErrorCode::LeaseLost:
        return "lease_lost";
    case ErrorCode::Internal:
        return "internal";
    }
    return "unknown";
}

std::optional<FailureReason> failureReason(ErrorCode code)
{
    switch (code) {
    case ErrorCode::DeadlineExceeded:
        return FailureReason::DeadlineExceeded;
    case ErrorCode::Unavailable:
        return FailureReason::Unavailable;
    case ErrorCode::Overloaded:
        return FailureReason::Overloaded;
    case ErrorCode::InvalidArgument:
    case ErrorCode::NotFound:
    case ErrorCode::Conflict:
    case ErrorCode::ReadOnly:
    case ErrorCode::Cancelled:
        return std::nullopt;
    case ErrorCode::StaleShardMap:
    case ErrorCode::SchemaTooNew:
    case ErrorCode::Configuration:
    case ErrorCode::Unauthorized:
    case ErrorCode::DiskFull:
    case ErrorCode::LeaseLost:
    case ErrorCode::Internal:
        break;
    }
    return FailureReason::Other;
}

std::string_view toString(TaskKind kind)
{
    switch (kind) {
    case TaskKind::UserCreated:
        return "user_created";
    case TaskKind::PostCreated:
        return "post_created";
    case TaskKind::DeliverChunk:
        return "deliver_chunk";
    case TaskKind::EdgeChanged:
        return "edge_changed";
    case TaskKind::PostDeleted:
        return "post_deleted";
    case TaskKind::ReclaimChunk:
        return "reclaim_chunk";
    case TaskKind::ReaderChanged:
        return "reader_changed";
    case TaskKind::AccountDeleted:
        return "account_deleted";
    case TaskKind::PostsDeleted:
        return "posts_deleted";
    case TaskKind::BackfillPulled:
        return "backfill_pulled";
    }
    return "unknown";
}

std::string_view toString(PullState state)
{
    switch (state) {
    case PullState::Beginning:
        return "beginning";
    case PullState::Pulled:
        return "pulled";
    case PullState::Ending:
        return "ending";
    }
    return "unknown";
}

std::string toString(const PushThreshold& threshold)
{
    switch (threshold.kind) {
    case PushThreshold::Kind::Auto:
        return "auto";
    case PushThreshold::Kind::Never:
        return "never";
    case PushThreshold::Kind::Followers:
        break;
    }
    return std::to_string(threshold.followers);
}

std::optional<PushThreshold> parsePushThreshold(const std::string& text)
{
    if (text == "auto") return PushThreshold{};
    if (text == "never") return PushThreshold{PushThreshold::Kind::Never, 0};
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || number < 0)
        return std::nullopt;
    return PushThreshold{PushThreshold::Kind::Followers, number};
}

std::string_view toString(ExplainElement element)
{
    switch (element) {
    case ExplainElement::Posted:
        return "posted";
    case ExplainElement::Followed:
        return "followed";
    case ExplainElement::Reader:
        return "reader";
    case ExplainElement::Planned:
        return "planned";
    case ExplainElement::Delivered:
        return "delivered";
    case ExplainElement::Skipped:
        return "skipped";
    case ExplainElement::Pulled:
        return "pulled";
    case ExplainElement::Task:
        return "task";
    case ExplainElement::Trimmed:
        return "trimmed";
    case ExplainElement::Deleted:
        return "deleted";
    case ExplainElement::Tombstone:
        return "tombstone";
    case ExplainElement::Reclaimed:
        return "reclaimed";
    case ExplainElement::Timeline:
        return "timeline";
    }
    return "unknown";
}

std::string workerName(std::string_view engine, int index)
{
    return std::string(engine) + "/" + std::to_string(index + 1);
}

std::string workerText(std::string_view name)
{
    const auto slash = name.rfind('/');
    if (slash == std::string_view::npos) return "worker " + std::string(name);
    return "worker " + std::string(name.substr(slash + 1)) + " of " + std::string(name.substr(0, slash));
}

std::string_view toString(ExplainAnswer answer)
{
    switch (answer) {
    case ExplainAnswer::Delivered:
        return "delivered";
    case ExplainAnswer::Pulled:
        return "pulled";
    case ExplainAnswer::Rebuilt:
        return "rebuilt";
    case ExplainAnswer::BelowFloor:
        return "below_floor";
    case ExplainAnswer::UnderWay:
        return "under_way";
    case ExplainAnswer::NotFollowed:
        return "not_followed";
    case ExplainAnswer::Deleted:
        return "deleted";
    case ExplainAnswer::NoSuchPost:
        return "no_such_post";
    case ExplainAnswer::Stuck:
        return "stuck";
    case ExplainAnswer::Missing:
        return "missing";
    case ExplainAnswer::Extra:
        return "extra";
    }
    return "unknown";
}

std::string_view toString(Role role)
{
    switch (role) {
    case Role::Directory:
        return "directory";
    case Role::Users:
        return "users";
    case Role::Posts:
        return "posts";
    case Role::Timelines:
        return "timelines";
    }
    return "unknown";
}

std::string_view toString(NodeKind kind)
{
    return kind == NodeKind::Postgres ? "postgres" : "redis";
}

std::string_view toString(BalanceMetric metric)
{
    switch (metric) {
    case BalanceMetric::Timelines:
        return "timelines";
    case BalanceMetric::Entries:
        return "entries";
    case BalanceMetric::Bytes:
        return "bytes";
    case BalanceMetric::Posts:
        return "posts";
    case BalanceMetric::Deliveries:
        return "deliveries/s";
    case BalanceMetric::Reads:
        return "reads/s";
    }
    return "unknown";
}

std::string_view toString(TimelineFault fault)
{
    switch (fault) {
    case TimelineFault::Missing:
        return "missing";
    case TimelineFault::Extra:
        return "extra";
    case TimelineFault::OutOfOrder:
        return "out_of_order";
    case TimelineFault::Double:
        return "double";
    case TimelineFault::FloorTooHigh:
        return "floor_too_high";
    case TimelineFault::BeyondCap:
        return "beyond_cap";
    case TimelineFault::Cold:
        return "cold";
    }
    return "unknown";
}

std::string_view toString(EntryVerdict verdict)
{
    switch (verdict) {
    case EntryVerdict::Same:
        return "same";
    case EntryVerdict::Missing:
        return "missing";
    case EntryVerdict::Extra:
        return "extra";
    case EntryVerdict::WrongScore:
        return "wrong_score";
    case EntryVerdict::OutOfOrder:
        return "out_of_order";
    case EntryVerdict::Double:
        return "double";
    case EntryVerdict::Waiting:
        return "waiting";
    case EntryVerdict::Merged:
        return "merged";
    case EntryVerdict::Deleted:
        return "deleted";
    case EntryVerdict::BelowFloor:
        return "below_floor";
    }
    return "unknown";
}

bool isFault(EntryVerdict verdict)
{
    switch (verdict) {
    case EntryVerdict::Missing:
    case EntryVerdict::Extra:
    case EntryVerdict::WrongScore:
    case EntryVerdict::OutOfOrder:
    case EntryVerdict::Double:
        return true;
    case EntryVerdict::Same:
    case EntryVerdict::Waiting:
    case EntryVerdict::Merged:
    case EntryVerdict::Deleted:
    case EntryVerdict::BelowFloor:
        break;
    }
    return false;
}

std::int64_t TimelineComparison::count(EntryVerdict verdict) const
{
    return std::count_if(entries.begin(), entries.end(),
                         [verdict](const auto& entry) { return entry.verdict == verdict; });
}

std::int64_t TimelineComparison::faults() const
{
    return std::int64_t(others.size()) + std::count_if(entries.begin(), entries.end(), [](const auto& entry) {
               return isFault(entry.verdict);
           });
}

std::string_view toString(OrphanReason reason)
{
    switch (reason) {
    case OrphanReason::ShardElsewhere:
        return "shard_elsewhere";
    case OrphanReason::NoSuchOwner:
        return "no_such_owner";
    case OrphanReason::DormantReader:
        return "dormant_reader";
    case OrphanReason::NoExpiry:
        return "no_expiry";
    }
    return "unknown";
}

} // namespace backend
