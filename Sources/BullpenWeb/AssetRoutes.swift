import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The view's files and the machine's Inter.
extension RouteTable {
  func addAssets() {
    for asset in Asset.all {
      let path =
        switch asset.name {
        case "index.html": "/"
        case "login.html": "/login"
        default: "/\(asset.name)"
        }
      on(.get, path, needs: .none) { call in Self.answer(asset, to: call) }
    }

    on(.get, "/fonts/:name", needs: .none) { call in
      guard let directory = call.site.fontDirectory, let name = call.context.parameters.get("name"),
        name.wholeMatch(of: #/Inter-[A-Za-z]+\.otf/#) != nil
      else { throw Problem.notFound("There is no such font.") }
      let file = URL(filePath: directory).appending(path: name)
      guard let values = try? file.resourceValues(forKeys: [.fileSizeKey, .contentModificationDateKey]),
        let size = values.fileSize, let date = values.contentModificationDate
      else { throw Problem.notFound("This machine has no such font.") }
      let tag = "\"\(Int64(date.timeIntervalSince1970))-\(size)\""
      if Self.has(tag, call) { return Self.unchanged(tag, "max-age=86400") }
      guard let bytes = try? Data(contentsOf: file) else { throw Problem.notFound("This font cannot be read.") }
      return Response(
        status: .ok, headers: [.contentType: "font/otf", .eTag: tag, .cacheControl: "max-age=86400"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
  }

  /// A file of the view. The browser asks again each time, and gets it again only when the binary is another.
  private static func answer(_ asset: Asset, to call: Call) -> Response {
    if has(asset.tag, call) { return unchanged(asset.tag, "no-cache") }
    return Response(
      status: .ok,
      headers: [.contentType: asset.kind.rawValue, .eTag: asset.tag, .cacheControl: "no-cache"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
  }

  private static func has(_ tag: String, _ call: Call) -> Bool {
    call.request.headers.list(.ifNoneMatch).contains { $0 == tag || $0 == "*" }
  }

  private static func unchanged(_ tag: String, _ caching: String) -> Response {
    Response(status: .notModified, headers: [.eTag: tag, .cacheControl: caching])
  }
}
