"""Mail on real servers, which the tests start on the loopback interface."""
