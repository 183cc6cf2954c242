build-san/netns/lab-write.o: netns/lab-write.c netns/cleanup.h \
 netns/lab-priv.h netns/lab.h netns/error.h
netns/cleanup.h:
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
