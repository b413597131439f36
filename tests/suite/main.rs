//! One binary; modules mirror src/.
