def publish(report, folder, tracker, bundle): pass
