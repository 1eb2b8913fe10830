import BullpenCore
import BullpenCrypto
import BullpenStore
import Glibc

/// What a key file of a home is for.
enum HomeKey {
  case device
  case member
  /// The logins of the view.
  case view

  /// What to do where it is lost.
  fileprivate var way: String {
    let restore = "`bullpen restore FILE --home FOLDER` brings it back from a backup. Without one, "
    return switch self {
    case .device: "By it this device is who it is. \(restore)move this home away and join anew with an invite."
    case .member: "What is sealed to you opens by it alone. \(restore)run `bullpen leave` and join anew with an invite."
    case .view: "Remove it and start again: a new one is made, and browsers log in anew."
    }
  }
}

extension NodeError {
  init(_ error: KeyFileError, of key: HomeKey) {
    let hint =
      switch error {
      case .missing, .damaged: key.way
      case .foreign: "Start Bullpen as the user whose home this is, or choose another with --home."
      case .system(_, ENOSPC), .system(_, EDQUOT): "Free some space on its disk and start again."
      case .system(_, EACCES), .system(_, EPERM):
        "Check who owns it and the home's folder, and whether that user may read and write them."
      case .system(_, EROFS): "Mount its disk so that it may be written."
      // It says itself what to run, or why the system does not let us.
      case .exposed, .system: ""
      }
    self.init(.homeUnsafe, error.description, hint: hint)
  }
}

extension Home {
  /// What is wrong with the keys that a workspace depends on, which no database can say.
  ///
  /// - Parameter found: what the database says whose they are to be.
  static func checkKeys(_ home: String, _ id: WorkspaceID, _ found: WorkspaceVerification) -> [Verification.Finding] {
    let device = finding(
      "\(home)/\(BackupPart.deviceKey.name)", .device, "is not that of the device whose home this is"
    ) {
      found.device == nil || found.device == DeviceKey(seed: $0).id
    }
    let member = finding(
      "\(home)/\(BackupPart.memberKey(id).name)", .member, "is not the one that you joined with"
    ) {
      found.memberKey == nil || found.memberKey == MemberSecret(secret: $0).key
    }
    return [device, member].compactMap { $0 }
  }

  /// - Parameter isRight: whether it is the key that it is to be.
  private static func finding(
    _ path: String, _ key: HomeKey, _ otherwise: String, _ isRight: (Bytes32) -> Bool
  ) -> Verification.Finding? {
    func text(_ sentence: String, _ hint: String) -> Verification.Finding {
      Verification.Finding(part: .key, count: 1, text: hint.isEmpty ? sentence : "\(sentence) \(hint)")
    }
    do {
      return isRight(try KeyFile.load(path)) ? nil : text("The key file \(path) \(otherwise).", key.way)
    } catch let error as KeyFileError {
      let error = NodeError(error, of: key)
      return text(error.message, error.hint)
    } catch {
      return text("The key file \(path) cannot be read: \(error).", "")
    }
  }
}
