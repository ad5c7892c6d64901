#include "ui/bridge/deep_link.h"

#include <QCoreApplication>
#include <QUrl>

namespace ui {
namespace {

constexpr qsizetype kMostLength = 2'000;
const QString kScheme = QStringLiteral("rookery://");

struct LinkText
{
    Q_DECLARE_TR_FUNCTIONS(ui::DeepLink)
};

QString encoded(const QString& part, const QByteArray& kept)
{
    return QString::fromLatin1(QUrl::toPercentEncoding(part, kept));
}

ParsedLink refused(const QString& why)
{
    return {std::nullopt, LinkText::tr("%1 A link looks like %2").arg(why, exampleLink())};
}

// Invalid where it is no percent-encoding of printable text.
std::optional<QString> decoded(const QString& part)
{
    for (qsizetype i = 0; i < part.size(); ++i) {
        if (part[i] != u'%') continue;
        bool hex = false;
        part.mid(i + 1, 2).toInt(&hex, 16);
        if (!hex || i + 2 >= part.size()) return std::nullopt;
    }
    const auto text = QUrl::fromPercentEncoding(part.toUtf8());
    for (const auto each : text)
        if (!each.isPrint() && each != u' ') return std::nullopt;
    return text;
}

} // namespace

QString exampleLink()
{
    return QStringLiteral("rookery://demo/timeline/@ada");
}

QString linkText(const DeepLink& link)
{
    auto out = kScheme + encoded(link.cluster, {}) + u'/' + encoded(link.page, {});
    if (!link.argument.isEmpty()) out += u'/' + encoded(link.argument, "@/:,");
    return out;
}

ParsedLink parseLink(const QString& text)
{
    const auto link = text.trimmed();
    if (link.isEmpty()) return refused(LinkText::tr("There is no link."));
    if (link.size() > kMostLength) return refused(LinkText::tr("This is too long for a link."));
    if (!link.startsWith(kScheme, Qt::CaseInsensitive))
        return refused(LinkText::tr("This is not a Rookery link."));
    for (const auto each : link)
        if (each.isSpace()) return refused(LinkText::tr("There are spaces in it."));
    const auto rest = link.mid(kScheme.size());
    const auto cluster = decoded(rest.section(u'/', 0, 0)), page = decoded(rest.section(u'/', 1, 1)),
               argument = decoded(rest.section(u'/', 2));
    if (!cluster || !page || !argument) return refused(LinkText::tr("Its percent-encoding is damaged."));
    if (cluster->isEmpty()) return refused(LinkText::tr("It names no cluster."));
    if (page->isEmpty()) return refused(LinkText::tr("It names no page."));
    return {DeepLink{*cluster, *page, *argument}, {}};
}

QString linkProblem(const DeepLink& link, const QString& cluster, const QStringList& pages)
{
    if (cluster.isEmpty())
        return LinkText::tr("Not connected: open the cluster “%1” first.").arg(link.cluster);
    if (link.cluster != cluster)
        return LinkText::tr("This link is of the cluster “%1”; this window shows “%2”.")
            .arg(link.cluster, cluster);
    if (!pages.contains(link.page))
        return LinkText::tr("There is no page “%1”; the pages are %2.")
            .arg(link.page, pages.join(QStringLiteral(", ")));
    return {};
}

} // namespace ui
