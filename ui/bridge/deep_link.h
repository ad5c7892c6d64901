// Links to what the desktop shows: rookery://<cluster>/<page>/<argument>. Names are percent-encoded; an
// argument may have several parts: timeline/@ada/post/123. Pure functions, any thread.
#pragma once

#include <QString>
#include <QStringList>

#include <optional>

namespace ui {

struct DeepLink
{
    QString cluster;
    QString page;     // as in Page::pageId()
    QString argument; // see Page::openArgument; may be empty

    bool operator==(const DeepLink&) const = default;
};

QString exampleLink(); // what a link looks like
QString linkText(const DeepLink& link);
struct ParsedLink
{
    std::optional<DeepLink> link;
    QString problem; // without a link: what is wrong, and what a link looks like
};
// White space around the link is ignored.
ParsedLink parseLink(const QString& text);
// Empty: this desktop, which is connected to that cluster and has those pages, can open it. Else one
// sentence that says why not.
QString linkProblem(const DeepLink& link, const QString& cluster, const QStringList& pages);

} // namespace ui
