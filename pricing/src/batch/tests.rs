//! Every path of this processor gives what the scalar formula gives, to a relative 1e-12.
