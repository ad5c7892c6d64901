#include "ui/widgets/file_save.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QSaveFile>
#include <QStorageInfo>

namespace ui {
namespace {

struct FileSave
{
    Q_DECLARE_TR_FUNCTIONS(ui::FileSave)
};

auto failed(backend::ErrorCode code, const QString& message)
{
    return backend::fail(code, message.toStdString());
}

QString shownPath(const QString& path)
{
    return QDir::toNativeSeparators(QFileInfo(path).absoluteFilePath());
}

} // namespace

backend::Result<void> checkFileTarget(const QString& path)
{
    const QFileInfo target(path);
    const auto shown = shownPath(path);
    if (target.exists() && !target.isFile())
        return failed(backend::ErrorCode::InvalidArgument,
                      FileSave::tr("%1 is not an ordinary file: choose another name.").arg(shown));
    if (!target.absoluteDir().exists())
        return failed(
            backend::ErrorCode::Configuration,
            FileSave::tr("The folder of %1 does not exist: make it, or choose another one.").arg(shown));
    return {};
}

backend::Result<void> saveFile(const QString& path, const QByteArray& content)
{
    const QFileInfo target(path);
    const auto shown = shownPath(path);
    ROOKERY_TRY(checkFileTarget(path));
    QSaveFile file(target.absoluteFilePath());
    if (!file.open(QIODevice::WriteOnly))
        return failed(backend::ErrorCode::Unauthorized,
                      FileSave::tr("%1 cannot be written (%2): choose a folder that you may write to.")
                          .arg(shown, file.errorString()));
    // commit() alone forgets that its flush failed and would leave a file cut short.
    if (file.write(content) == content.size() && file.flush() && file.commit()) return {};
    const auto left = QStorageInfo(target.absolutePath()).bytesAvailable();
    if (file.error() == QFileDevice::ResourceError || (left >= 0 && left < content.size()))
        return failed(backend::ErrorCode::DiskFull,
                      FileSave::tr("The disk of %1 is full: nothing was written. Free some space or choose "
                                   "another disk.")
                          .arg(shown));
    return failed(backend::ErrorCode::Internal,
                  FileSave::tr("%1 could not be written (%2): nothing was saved. Choose another place.")
                      .arg(shown, file.errorString()));
}

} // namespace ui
