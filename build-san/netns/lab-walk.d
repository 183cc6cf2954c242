build-san/netns/lab-walk.o: netns/lab-walk.c netns/cleanup.h \
 netns/lab-priv.h netns/lab.h netns/error.h
netns/cleanup.h:
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
