#include "backend/monitoring/audit_events.h"

#include "backend/monitoring/event_log.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace backend {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 3> kWorkerActions{"pause_workers", "resume_workers",
                                                         "set_worker_count"};
constexpr std::string_view kSettingActions = "set_"; // how all others of settings begin

struct Group
{
    EventKind kind;
    std::string_view name; // in the database's answer
};
constexpr Group kWorkers{EventKind::WorkersChanged, "workers"},
    kSettings{EventKind::SettingChanged, "setting"}, kOthers{EventKind::OperatorAction, "other"};

std::string sqlQuoted(std::string_view name)
{
    return "'" + std::string(name) + "'";
}

std::string text(const Json& value)
{
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string field(const Json& arguments, const char* name)
{
    const auto found = arguments.find(name);
    return found == arguments.end() ? "?" : text(*found);
}

std::string engineText(const Json& arguments)
{
    const auto engine = field(arguments, "engine");
    return engine == "-1" ? "all engines" : "engine " + engine;
}

std::string counted(const std::string& count, const std::string& one)
{
    return count + " " + one + (count == "1" ? "" : "s");
}

// "move_shard" with {"shard":3}: "Move shard: shard 3".
std::string plain(const std::string& action, const Json& arguments)
{
    auto out = action;
    for (auto& c : out)
        if (c == '_') c = ' ';
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = char(out[0] - 'a' + 'A');
    std::string details;
    for (const auto& [name, value] : arguments.items()) {
        auto word = name;
        for (auto& c : word)
            if (c == '_') c = ' ';
        details += (details.empty() ? ": " : ", ") + word + " " + text(value);
    }
    return out + details;
}

// "user 7", "shard 3", "a sample of 500 readers", "all users".
std::string whose(const Json& arguments, const std::string& who)
{
    if (arguments.contains(who)) return who + " " + field(arguments, who.c_str());
    if (arguments.contains("shard")) return "shard " + field(arguments, "shard");
    if (arguments.contains("sample")) return "a sample of " + counted(field(arguments, "sample"), who);
    return "all " + who + "s";
}

std::string sentence(const AuditRow& row, const Json& arguments)
{
    const auto& action = row.action;
    const auto tasks = std::to_string(row.tasks);
    if (action == "pause_workers") return "Workers paused on " + engineText(arguments);
    if (action == "resume_workers") return "Workers resumed on " + engineText(arguments);
    if (action == "set_worker_count")
        return "Workers set to " + field(arguments, "workers") + " on " + engineText(arguments);
    if (action == "set_push_threshold") return "Push threshold set to " + field(arguments, "threshold");
    if (action == "set_age_shift")
        return "Age shift of timelines set to " + field(arguments, "milliseconds") + " ms";
    if (action == "retry_dead_letters" && row.tasks >= 0)
        return counted(tasks, "dead letter") + " put back into the queue";
    if (action == "discard_dead_letters" && row.tasks >= 0)
        return counted(tasks, "dead letter") + " discarded";
    if (action == "delete_account") return "Account " + field(arguments, "user") + " deleted";
    if (action == "rebuild_timeline")
        return "Home timeline of reader " + field(arguments, "reader") + " built anew";
    if (action == "reconcile_counters" && arguments.contains("reconciled"))
        return "Counters set right of " + counted(field(arguments, "reconciled"), "user");
    if (action == "reconcile_counters")
        return "Counters of " + whose(arguments, "user") + " are being set right";
    if (action == "repair_timelines" && arguments.contains("repaired"))
        return "Home timelines of " + counted(field(arguments, "repaired"), "reader") + " repaired" +
               (field(arguments, "not_repaired") == "0" ? ""
                                                        : ", " + field(arguments, "not_repaired") + " not");
    if (action == "repair_timelines")
        return "Home timelines of " + whose(arguments, "reader") + " are being repaired";
    if (action == "remove_orphan_keys" && arguments.contains("removed"))
        return counted(field(arguments, "removed"), "orphan key") + " removed of " +
               field(arguments, "found");
    if (action == "remove_orphan_keys") return "Orphan keys are being removed";
    if (action == "open_import") return "Import begun: " + field(arguments, "file_sha256").substr(0, 24);
    return plain(action, arguments);
}

// All words that sentence() puts in of its own, not out of the row.
constexpr std::string_view kOwnWords =
    "workers paused resumed set to on all engines push threshold age shift of timelines ms dead letters put "
    "back into the queue discarded account deleted home timeline of reader built anew counters right users "
    "shard are being repaired not a sample of readers orphan keys removed import begun failed";

bool isPlain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

} // namespace

const std::string& auditGroupSql()
{
    static const std::string sql = [] {
        std::string workers;
        for (const auto action : kWorkerActions)
            workers += (workers.empty() ? "" : ", ") + sqlQuoted(action);
        return "CASE WHEN action IN (" + workers + ") THEN " + sqlQuoted(kWorkers.name) +
               " WHEN starts_with(action, " + sqlQuoted(kSettingActions) + ") THEN " +
               sqlQuoted(kSettings.name) + " ELSE " + sqlQuoted(kOthers.name) + " END";
    }();
    return sql;
}

// Letters as they are compared here: only those of ASCII have a case.
const std::string_view kAuditText =
    "lower(concat_ws(' ', engine, who, action, (arguments - 'tasks' - 'readers')::text, outcome,"
    " CASE jsonb_typeof(arguments -> 'tasks') WHEN 'array' THEN jsonb_array_length(arguments -> 'tasks') END)"
    " COLLATE \"C\")";

// What a sentence is made of stands in it unchanged, but between other words and marks: so each stretch of
// letters and digits for itself.
AuditFilter auditFilter(const EventQuery& query)
{
    AuditFilter out;
    for (const auto kind : query.kinds)
        for (const auto& group : {kWorkers, kSettings, kOthers})
            if (group.kind == kind) out.groups.emplace_back(group.name);
    std::string word;
    for (std::size_t i = 0; i <= query.text.size(); ++i) {
        char c = i < query.text.size() ? query.text[i] : ' ';
        if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
        if (isPlain(c)) {
            word += c;
            continue;
        }
        if (!word.empty() && kOwnWords.find(word) == std::string_view::npos) out.words.push_back(word);
        word.clear();
    }
    return out;
}

EventKind auditEventKind(const std::string& action)
{
    if (std::find(kWorkerActions.begin(), kWorkerActions.end(), action) != kWorkerActions.end())
        return kWorkers.kind;
    return action.starts_with(kSettingActions) ? kSettings.kind : kOthers.kind;
}

Event auditEvent(const AuditRow& row)
{
    Event out;
    out.key = {row.at, auditEventId(row.id)};
    out.kind = auditEventKind(row.action);
    out.who = row.who;
    out.where = row.engine;
    const auto arguments = Json::parse(row.arguments, nullptr, false);
    out.what = arguments.is_object() ? sentence(row, arguments) : row.action + " " + row.arguments;
    out.failed =
        row.outcome != "ok" && row.outcome != "begun"; // how what was begun ended is told by its own row
    if (out.failed) out.what += ". Failed: " + row.outcome;
    return out;
}

} // namespace backend
